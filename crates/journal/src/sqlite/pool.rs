//! A few connections that only read, lent to blocking tasks one at a time.
//!
//! It never holds more than its number of connections open, and whoever finds none free waits.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use crate::error::{CLOSED, ReadError};
use crate::sqlite::folder::open_reader;

pub(crate) struct Pool {
    path: PathBuf,
    free: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
}

impl Pool {
    pub(crate) fn new(path: PathBuf, connections: usize) -> Arc<Pool> {
        let permits = Arc::new(Semaphore::new(connections.max(1)));
        Arc::new(Pool { path, free: Mutex::new(Vec::new()), permits })
    }

    /// Runs `read` with a connection on a thread that may block.
    pub(crate) async fn run<T, F>(self: &Arc<Self>, read: F) -> Result<T, ReadError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, ReadError> + Send + 'static,
    {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| ReadError::unavailable(CLOSED))?;
        let pool = Arc::clone(self);
        let task = tokio::task::spawn_blocking(move || {
            // Held here and not by the caller, who may go away while the thread still reads.
            let _permit = permit;
            let connection = pool.take()?;
            let answer = read(&connection);
            pool.give_back(connection);
            answer
        });
        task.await.map_err(ReadError::unavailable)?
    }

    /// Ends all reading: waits for reads that run, then closes the connections.
    pub(crate) async fn close(&self, connections: usize) {
        let count = u32::try_from(connections.max(1)).unwrap_or(u32::MAX);
        if let Ok(permits) = self.permits.acquire_many(count).await {
            permits.forget();
        }
        self.permits.close();
        self.free.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn take(&self) -> Result<Connection, ReadError> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match free {
            Some(connection) => Ok(connection),
            None => open_reader(&self.path).map_err(ReadError::unavailable),
        }
    }

    fn give_back(&self, connection: Connection) {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }
}
