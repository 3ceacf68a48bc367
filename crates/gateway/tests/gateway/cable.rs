//! The cable to an upstream: it can be cut, with everything that is on it, and mended at the same address.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::upstream::Upstream;

pub(crate) struct Cable {
    here: SocketAddr,
    there: String,
    on_it: Arc<Mutex<JoinSet<()>>>,
}

impl Cable {
    pub(crate) async fn to(upstream: &Upstream) -> Cable {
        let there = upstream.url.trim_start_matches("http://").trim_end_matches("/mcp").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let cable = Cable { here: listener.local_addr().unwrap(), there, on_it: Arc::default() };
        cable.carry(listener);
        cable
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/mcp", self.here)
    }

    /// Drops all that is on it, and refuses whoever comes.
    pub(crate) async fn cut(&self) {
        let mut gone = std::mem::take(&mut *self.on_it.lock().unwrap());
        gone.shutdown().await;
    }

    pub(crate) async fn mend(&self) {
        self.carry(TcpListener::bind(self.here).await.unwrap());
    }

    fn carry(&self, listener: TcpListener) {
        let (there, on_it) = (self.there.clone(), Arc::downgrade(&self.on_it));
        self.on_it.lock().unwrap().spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let there = there.clone();
                let Some(on_it) = on_it.upgrade() else { return };
                on_it.lock().unwrap().spawn(async move {
                    let mut far = TcpStream::connect(there).await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                });
            }
        });
    }
}
