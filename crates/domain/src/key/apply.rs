//! How events about keys change the state.

use crate::event::Event;
use crate::grant::Grantee;
use crate::key::{Key, KeyKind};
use crate::organization::{Organization, Stamp};

impl Organization {
    pub(crate) fn apply_to_keys(&mut self, stamp: &Stamp, event: Event) {
        match event {
            Event::KeyCreated { key, kind, digest, hint, expires_at } => {
                let (created_at, created_by, issued_at) = (stamp.at, stamp.actor.clone(), stamp.at);
                let made = Key {
                    id: key,
                    kind,
                    digest,
                    hint,
                    created_at,
                    created_by,
                    issued_at,
                    issued_by: stamp.actor.clone(),
                    expires_at,
                    revoked_at: None,
                    suspended: false,
                };
                self.keys.insert(key, made);
            }
            Event::KeyRotated { key, digest, hint } => {
                if let Some(key) = self.keys.get_mut(&key) {
                    (key.digest, key.hint) = (digest, hint);
                    (key.issued_at, key.issued_by) = (stamp.at, stamp.actor.clone());
                }
            }
            Event::KeyRevoked { key } => {
                self.take_everything(Grantee::Key(key));
                self.forget_requests(Grantee::Key(key));
                self.end_groups_of(key);
                if let Some(key) = self.keys.get_mut(&key) {
                    key.revoked_at = Some(stamp.at);
                }
            }
            Event::KeyRoleChanged { key, role: given } => {
                if let Some(Key { kind: KeyKind::Workspace { role, .. }, suspended, .. }) = self.keys.get_mut(&key) {
                    (*role, *suspended) = (given, false);
                }
            }
            _ => {}
        }
    }
}
