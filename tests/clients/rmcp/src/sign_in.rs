//! What an application does around `rmcp` where its person signs in: it opens their browser, waits for them at an address of this
//! machine, and keeps what they are given. Everything of OAuth is done by `rmcp`.

use std::sync::OnceLock;
use std::time::Duration;

use rmcp::transport::auth::{
    AuthError, AuthorizationManager, AuthorizationRequest, CredentialStore, InMemoryCredentialStore, OAuthState,
    StoredCredentials,
};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::process::Command;

use crate::Trouble;

const RETURN_WAIT_MAX: Duration = Duration::from_secs(15);
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\nBack";
const HOUR_SECONDS: u64 = 3_600;

/// One person's sign-in for one client, as often as it is needed.
pub(crate) struct SignIn {
    pub(crate) url: String,
    request: AuthorizationRequest,
    waiting: TcpListener,
    store: InMemoryCredentialStore,
    /// The refresh token that was given first.
    first: OnceLock<Value>,
}

impl SignIn {
    pub(crate) async fn new(url: &str, way: &Value) -> Result<Self, Trouble> {
        let waiting = TcpListener::bind("127.0.0.1:0").await?;
        let back = format!("http://{}/callback", waiting.local_addr()?);
        let mut request = AuthorizationRequest::new(back).with_client_name("wardroom-client-tests");
        if let Some(document) = way["document"].as_str() {
            request = request.with_client_metadata_url(document);
        }
        if let Some(id) = way["known"]["client_id"].as_str() {
            request = request.with_preregistered_client(id);
        }
        if let Some(secret) = way["known"]["client_secret"].as_str() {
            request = request.with_client_secret(secret);
        }
        let (store, url) = (InMemoryCredentialStore::new(), url.to_owned());
        Ok(Self { url, request, waiting, store, first: OnceLock::new() })
    }

    /// The client as long as nobody has signed in.
    pub(crate) async fn nobody(&self) -> Result<AuthorizationManager, AuthError> {
        let mut manager = AuthorizationManager::new(self.url.as_str()).await?;
        manager.set_credential_store(self.store.clone());
        Ok(manager)
    }

    /// Has the person asked whether they connect the client, and gives what shows its tokens and renews them.
    pub(crate) async fn ask(&self, challenge: &str) -> Result<AuthorizationManager, Trouble> {
        let mut state = OAuthState::Unauthorized(self.nobody().await?);
        state.start_authorization(self.request.clone().with_challenge(challenge)).await?;
        #[expect(
            clippy::disallowed_methods,
            reason = "this is no part of the product, and takes the browser as programs do"
        )]
        let browser = std::env::var("BROWSER")?;
        Command::new(browser).arg(state.get_authorization_url().await?).spawn()?.wait().await?;
        let returned = tokio::time::timeout(RETURN_WAIT_MAX, self.returned()).await??;
        state.handle_callback_url(&returned).await?;
        let given = self.kept().await?["token_response"]["refresh_token"].clone();
        self.first.get_or_init(|| given);
        Ok(state.into_authorization_manager().ok_or("it says that nobody has signed in")?)
    }

    /// The address at which the person comes back.
    async fn returned(&self) -> Result<String, Trouble> {
        let (mut connection, _) = self.waiting.accept().await?;
        let mut head = Vec::new();
        while !head.windows(4).any(|end| end == b"\r\n\r\n") {
            if connection.read_buf(&mut head).await? == 0 {
                return Err("the browser hung up".into());
            }
        }
        connection.write_all(ANSWER).await?;
        let head = String::from_utf8(head)?;
        let path = head.split(' ').nth(1).ok_or("the browser asked for nothing")?;
        Ok(format!("http://{}{path}", self.waiting.local_addr()?))
    }

    pub(crate) async fn kept(&self) -> Result<Value, Trouble> {
        Ok(serde_json::to_value(self.store.load().await?)?)
    }

    /// An hour goes by. The client sees it by its clock, or by the server alone, which lets the token in no more.
    pub(crate) async fn an_hour_later(&self, unseen: bool) -> Result<(), Trouble> {
        let mut kept = self.kept().await?;
        if unseen {
            let token = kept["token_response"]["access_token"].as_str().ok_or("there is no access token")?;
            let changed = format!("{}0000", &token[..token.len() - 4]);
            kept["token_response"]["access_token"] = json!(changed);
        } else {
            let received = kept["token_received_at"].as_u64().ok_or("it keeps no time")?;
            kept["token_received_at"] = json!(received - 2 * HOUR_SECONDS);
        }
        self.store.save(serde_json::from_value::<StoredCredentials>(kept)?).await?;
        Ok(())
    }

    pub(crate) async fn is_refreshed(&self) -> Result<bool, Trouble> {
        let kept = self.kept().await?;
        Ok(self.first.get().is_some_and(|first| *first != kept["token_response"]["refresh_token"]))
    }
}
