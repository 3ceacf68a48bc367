//! The metadata: where everything stands.

use serde_json::Value;

use super::client::{Client, Endpoint};
use super::report::{Level, Report};

/// Looks at the metadata, and has the client ask where it says.
///
/// # Errors
/// A sentence where the server does not answer at all.
pub(super) fn examine(client: &mut Client, report: &mut Report) -> Result<(), String> {
    let answer = client.get(&format!("{}/.well-known/authzen-configuration", client.url))?;
    let mut case = |section, name: &str, outcome| report.case((Level::Discovery, section), name, outcome);
    case("6.2", "the metadata comes as JSON", answer.ok().map(|_| ()));
    if answer.status == 404 {
        return Ok(());
    }
    let metadata = &answer.body;
    let identifier = metadata["policy_decision_point"].as_str().unwrap_or_default();
    case("6.3", "the server is named as it was asked", same("policy_decision_point", identifier, &client.url));
    case("6.3", "the server's name has no query and no fragment", plain(identifier));
    for endpoint in Endpoint::ALL {
        let parameter = endpoint.parameter();
        let outcome = match (&metadata[parameter], endpoint) {
            (Value::Null, Endpoint::Evaluation) => Err(format!("{parameter} is missing")),
            (Value::Null, _) => Ok(()),
            (Value::String(address), _) => {
                client.named(endpoint);
                let outcome = secure(parameter, address, &client.url);
                if outcome.is_ok() {
                    client.found_at(endpoint, address);
                }
                outcome
            }
            (other, _) => Err(format!("{parameter} is {other}")),
        };
        let named = if endpoint == Endpoint::Evaluation { "" } else { ", where it is named," };
        case("6.5", &format!("{parameter}{named} is an address"), outcome);
    }
    let capabilities = match &metadata["capabilities"] {
        Value::Null => Ok(()),
        Value::Array(names) if names.iter().all(Value::is_string) => Ok(()),
        other => Err(format!("capabilities is {other}")),
    };
    case("6.5", "capabilities, where there are any, are a list of strings", capabilities);
    let signed = match &metadata["signed_metadata"] {
        Value::Null => Ok(()),
        _ => Err("signed_metadata is there, and this harness cannot check signatures".to_owned()),
    };
    case("6.5", "signed metadata, where there is any, can be checked", signed);
    Ok(())
}

fn same(name: &str, found: &str, wanted: &str) -> Result<(), String> {
    if found == wanted { Ok(()) } else { Err(format!("{name} is {found:?} instead of {wanted:?}")) }
}

fn plain(identifier: &str) -> Result<(), String> {
    if identifier.contains(['?', '#']) { Err(format!("it is {identifier:?}")) } else { Ok(()) }
}

/// An address must be safe on the way. A server that is examined over plain HTTP, as on one's own machine, may say so.
fn secure(name: &str, address: &str, asked: &str) -> Result<(), String> {
    let plain_here = asked.starts_with("http://") && address.starts_with("http://");
    if address.starts_with("https://") || plain_here {
        Ok(())
    } else {
        Err(format!("{name} is {address:?}, which is no https address"))
    }
}
