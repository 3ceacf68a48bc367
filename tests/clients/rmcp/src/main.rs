//! Drives the client of the crate `rmcp`, unmodified: reads a plan on stdin, prints what the client saw; `clients.py` says what both
//! look like. What an application does around it where a person signs in is in `sign_in`.

mod sign_in;

use std::error::Error;
use std::io::read_to_string;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::Client as Http;
use rmcp::model::{CallToolRequestParams, ProgressNotificationParam, ProtocolVersion};
use rmcp::service::{ClientInitializeError, NotificationContext, RunningService, ServiceError};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::auth::{AuthClient, AuthorizationManager};
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::{ClientHandler, ClientLifecycleMode, ClientServiceExt, RoleClient};
use serde_json::{Value, json};
use sign_in::SignIn;

const SESSION_WAIT_MAX: Duration = Duration::from_secs(40);

type Trouble = Box<dyn Error>;
type Client = RunningService<RoleClient, Watching>;

/// Keeps what is told of the progress of the call that runs.
#[derive(Clone, Default)]
struct Watching {
    progress: Arc<Mutex<Vec<Value>>>,
}

impl ClientHandler for Watching {
    async fn on_progress(&self, told: ProgressNotificationParam, _: NotificationContext<RoleClient>) {
        self.progress.lock().unwrap().push(json!({"progress": told.progress, "total": told.total}));
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Trouble> {
    let plan: Value = serde_json::from_str(&read_to_string(std::io::stdin())?)?;
    let mut answers = Vec::new();
    for session in plan["sessions"].as_array().ok_or("a plan has sessions")? {
        let answer = match tokio::time::timeout(SESSION_WAIT_MAX, run(session)).await {
            Ok(answer) => answer,
            Err(late) => Err(late.into()),
        };
        answers.push(answer.unwrap_or_else(|trouble| json!({"error": described(trouble.as_ref())})));
    }
    println!("{}", json!({"sessions": answers}));
    Ok(())
}

async fn run(session: &Value) -> Result<Value, Trouble> {
    let (sign_in, mut client) = match session.get("sign_in") {
        Some(way) => {
            let sign_in = SignIn::new(word(session, "url")?, way).await?;
            let client = connected(session, &sign_in).await?;
            (Some(sign_in), client)
        }
        None => {
            let config = StreamableHttpClientTransportConfig::with_uri(word(session, "url")?);
            let config = config.auth_header(word(session, "key")?);
            (None, serve(session, StreamableHttpClientTransport::from_config(config)).await?)
        }
    };
    let mut results = Vec::new();
    for step in session["steps"].as_array().ok_or("a session has steps")? {
        results.push(match (take(&client, step, sign_in.as_ref(), session).await, &sign_in) {
            // The client hands the challenge to its application, which is to ask the person and to connect anew.
            (Err(trouble), Some(sign_in)) if challenge_of_call(trouble.as_ref()).is_some() => {
                let challenge = challenge_of_call(trouble.as_ref()).unwrap_or_default().to_owned();
                match again(session, sign_in, &challenge).await {
                    Ok(anew) => {
                        client = anew;
                        take(&client, step, Some(sign_in), session).await?
                    }
                    Err(trouble) if step["may_fail"] == true => json!({"refused": described(trouble.as_ref())}),
                    Err(trouble) => return Err(trouble),
                }
            }
            (result, _) => result?,
        });
    }
    let protocol = client.peer_info().map(|server| server.protocol_version.clone());
    let mut answer = json!({"protocol": protocol, "results": results});
    if let Some(sign_in) = sign_in {
        answer["refreshed"] = json!(sign_in.is_refreshed().await?);
        answer["client_id"] = sign_in.kept().await?["client_id"].clone();
    }
    client.cancel().await?;
    Ok(answer)
}

/// Connects; where that needs the person, asks them and connects again.
async fn connected(session: &Value, sign_in: &SignIn) -> Result<Client, Trouble> {
    match attempt(session, sign_in, sign_in.nobody().await?).await {
        Err(refused) => match refused.auth_challenge() {
            Some(challenge) => again(session, sign_in, challenge).await,
            None => Err(refused.into()),
        },
        Ok(_) => Err("it is let in before anybody has signed in".into()),
    }
}

async fn again(session: &Value, sign_in: &SignIn, challenge: &str) -> Result<Client, Trouble> {
    let manager = sign_in.ask(challenge).await?;
    Ok(attempt(session, sign_in, manager).await?)
}

async fn attempt(
    session: &Value,
    sign_in: &SignIn,
    manager: AuthorizationManager,
) -> Result<Client, ClientInitializeError> {
    let client = AuthClient::new(Http::new(), manager);
    let config = StreamableHttpClientTransportConfig::with_uri(sign_in.url.as_str());
    serve(session, StreamableHttpClientTransport::with_client(client, config)).await
}

async fn serve<C>(session: &Value, transport: StreamableHttpClientTransport<C>) -> Result<Client, ClientInitializeError>
where
    C: rmcp::transport::streamable_http_client::StreamableHttpClient + Sync,
{
    let lifecycle = match session["era"].as_str() {
        Some("modern") => ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::LATEST] },
        _ => ClientLifecycleMode::Initialize,
    };
    Watching::default().serve_with_lifecycle(transport, lifecycle).await
}

async fn take(client: &Client, step: &Value, sign_in: Option<&SignIn>, session: &Value) -> Result<Value, Trouble> {
    let done = match word(step, "do")? {
        "list" => list_tools(client).await,
        "call" => call_tool(client, step).await,
        "later" => {
            sign_in.ok_or("nobody signed in")?.an_hour_later(session["era"] == "modern").await?;
            Ok(json!({"later": true}))
        }
        "run" => return ran(step).await,
        other => return Err(format!("no step is called {other}").into()),
    };
    match done {
        Err(ServiceError::McpError(error)) => Ok(json!({"error": {"code": error.code.0, "message": error.message}})),
        done => Ok(done?),
    }
}

async fn list_tools(client: &Client) -> Result<Value, ServiceError> {
    let tools = client.list_all_tools().await?;
    Ok(json!({"tools": tools.iter().map(|tool| tool.name.as_ref()).collect::<Vec<_>>()}))
}

async fn call_tool(client: &Client, step: &Value) -> Result<Value, ServiceError> {
    let progress = &client.service().progress;
    progress.lock().unwrap().clear();
    let call = CallToolRequestParams::new(step["tool"].as_str().unwrap_or_default().to_owned());
    let result =
        client.call_tool(call.with_arguments(step["arguments"].as_object().cloned().unwrap_or_default())).await?;
    // What was told before the result is handed to us in a task of its own.
    tokio::task::yield_now().await;
    let texts: Vec<&str> = result.content.iter().filter_map(|block| Some(block.as_text()?.text.as_str())).collect();
    let told = std::mem::take(&mut *progress.lock().unwrap());
    Ok(json!({"is_error": result.is_error == Some(true), "text": texts.join("\n"), "progress": told}))
}

async fn ran(step: &Value) -> Result<Value, Trouble> {
    let words: Vec<&str> = step["command"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let (program, arguments) = words.split_first().ok_or("a command is at least a program")?;
    let done = tokio::process::Command::new(program).args(arguments).output().await?;
    if !done.status.success() {
        return Err(format!("{program}: {}", String::from_utf8_lossy(&done.stderr)).into());
    }
    Ok(json!({"ran": String::from_utf8_lossy(&done.stdout)}))
}

fn challenge_of_call<'a>(trouble: &'a (dyn Error + 'static)) -> Option<&'a str> {
    trouble.downcast_ref::<ServiceError>()?.auth_challenge()
}

fn word<'a>(from: &'a Value, name: &str) -> Result<&'a str, Trouble> {
    from[name].as_str().ok_or_else(|| format!("the plan lacks `{name}`: {from}").into())
}

/// What its user would read, with what lies behind it.
fn described(trouble: &(dyn Error + 'static)) -> String {
    let behind = trouble.source().map(|cause| format!(": {}", described(cause)));
    format!("{trouble}{}", behind.unwrap_or_default())
}
