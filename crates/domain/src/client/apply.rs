//! How events about connected clients change the state.

use crate::client::Client;
use crate::event::Event;
use crate::organization::{Organization, Stamp};

impl Organization {
    pub(crate) fn apply_to_clients(&mut self, stamp: &Stamp, event: &Event) {
        match event {
            Event::ClientConnected { client, person, profile } => {
                let connected = Client { id: *client, person: *person, profile: *profile, connected_at: stamp.at };
                self.clients.insert(*client, connected);
            }
            Event::ClientDisconnected { client, .. } => drop(self.clients.remove(client)),
            Event::ClientRegistered { registration } => _ = self.registered_clients.insert(*registration),
            Event::ClientUnregistered { registration } => _ = self.registered_clients.remove(registration),
            _ => {}
        }
    }
}
