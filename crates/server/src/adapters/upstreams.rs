//! The application's way to upstreams: the gateway's own client, so that what is connected is what is called.

use std::sync::{Arc, OnceLock};

use app::ports::{LeftOut, ListedTool, Listing, TemplateOffered, ToolList, UpstreamFault, Upstreams};
use domain::id::OrgId;
use domain::integration::CredentialKind;
use gateway::{Gateway, Template};
use verdict::Subject;

use crate::adapters::GatewayPorts;

/// What the gateway says where the credential is at fault and not the URL.
const CREDENTIAL_CODES: [&str; 2] = ["upstream-unauthorized", "upstream-secret"];

/// The gateway's client, which comes to be after the application that needs it.
#[derive(Default)]
pub(crate) struct ProbedUpstreams {
    gateway: OnceLock<Arc<Gateway<GatewayPorts>>>,
}

impl ProbedUpstreams {
    /// Joins the two, once.
    pub(crate) fn join(&self, gateway: Arc<Gateway<GatewayPorts>>) {
        // A second join would be the same gateway again.
        let _ = self.gateway.set(gateway);
    }
}

impl Upstreams for ProbedUpstreams {
    fn list_tools<'l>(&'l self, url: &'l str, credential: &'l CredentialKind, secret: Option<&'l str>) -> Listing<'l> {
        Box::pin(async move {
            let Some(gateway) = self.gateway.get() else {
                return Err(UpstreamFault {
                    field: "url",
                    message: "the gateway is not ready yet; try again".to_owned(),
                    challenge: None,
                });
            };
            let probed = gateway.probe(url, credential, secret).await.map_err(|error| UpstreamFault {
                field: if CREDENTIAL_CODES.contains(&error.code) { "credential" } else { "url" },
                message: error.sentence,
                challenge: error.challenge,
            })?;
            let tools =
                probed.tools.into_iter().map(|tool| ListedTool { name: tool.name, definition: tool.definition });
            let left_out = probed.left_out.into_iter().map(|tool| LeftOut { name: tool.name, why: tool.why });
            Ok(ToolList { tools: tools.collect(), left_out: left_out.collect() })
        })
    }

    fn templates(&self) -> Vec<TemplateOffered> {
        self.gateway.get().map(|gateway| gateway.templates().iter().map(offered).collect()).unwrap_or_default()
    }

    fn open_for(&self, org: OrgId, subject: Subject) -> u32 {
        self.gateway.get().map_or(0, |gateway| gateway.open_for(org, subject))
    }
}

fn offered(template: &Template) -> TemplateOffered {
    TemplateOffered {
        name: template.name.to_string(),
        purpose: template.purpose.clone(),
        takes_secret: template.secret_variable.is_some(),
    }
}
