//! What clients ask of integrations, each kind as the protocol has it. The list of tools is none of them: it is answered from memory.

/// A kind of request that goes to an integration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    CallTool,
    ListPrompts,
    GetPrompt,
    ListResources,
    ListTemplates,
    ReadResource,
    Complete,
}

impl Kind {
    const ALL: [Kind; 7] = [
        Kind::CallTool,
        Kind::ListPrompts,
        Kind::GetPrompt,
        Kind::ListResources,
        Kind::ListTemplates,
        Kind::ReadResource,
        Kind::Complete,
    ];

    /// The kind of request with this method.
    pub(crate) fn of(method: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.method() == method)
    }

    pub(crate) fn method(self) -> &'static str {
        match self {
            Kind::CallTool => "tools/call",
            Kind::ListPrompts => "prompts/list",
            Kind::GetPrompt => "prompts/get",
            Kind::ListResources => "resources/list",
            Kind::ListTemplates => "resources/templates/list",
            Kind::ReadResource => "resources/read",
            Kind::Complete => "completion/complete",
        }
    }

    /// What an upstream that answers it says that it can.
    pub(crate) fn capability(self) -> &'static str {
        match self {
            Kind::CallTool => "tools",
            Kind::ListPrompts | Kind::GetPrompt => "prompts",
            Kind::ListResources | Kind::ListTemplates | Kind::ReadResource => "resources",
            Kind::Complete => "completions",
        }
    }

    /// Where the result of a list has what is listed; none for what is no list.
    pub(crate) fn listed(self) -> Option<&'static str> {
        match self {
            Kind::ListPrompts => Some("prompts"),
            Kind::ListResources => Some("resources"),
            Kind::ListTemplates => Some("resourceTemplates"),
            Kind::CallTool | Kind::GetPrompt | Kind::ReadResource | Kind::Complete => None,
        }
    }

    /// Whether its result says for how long it may be kept, and for whom (revision 2026-07-28, "CacheableResult").
    pub(crate) fn is_cacheable(self) -> bool {
        self.listed().is_some() || self == Kind::ReadResource
    }

    /// The parameter that names what is wanted, which modern upstreams are told in a header as well.
    pub(crate) fn names_by(self) -> Option<&'static str> {
        match self {
            Kind::CallTool | Kind::GetPrompt => Some("name"),
            Kind::ReadResource => Some("uri"),
            Kind::ListPrompts | Kind::ListResources | Kind::ListTemplates | Kind::Complete => None,
        }
    }
}
