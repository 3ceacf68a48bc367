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
    /// Of the legacy era; what comes of it is heard on a stream of the client's.
    Subscribe,
    Unsubscribe,
    Complete,
    /// What the upstream says outside calls. It is listened to for a client that listens at ours.
    Listen,
}

impl Kind {
    /// What clients ask for.
    const ALL: [Kind; 9] = [
        Kind::CallTool,
        Kind::ListPrompts,
        Kind::GetPrompt,
        Kind::ListResources,
        Kind::ListTemplates,
        Kind::ReadResource,
        Kind::Subscribe,
        Kind::Unsubscribe,
        Kind::Complete,
    ];

    /// The kind of a client's request with this method in an era.
    pub(crate) fn of(method: &str, is_modern: bool) -> Option<Kind> {
        let is_there = |kind: &Kind| !(is_modern && matches!(kind, Kind::Subscribe | Kind::Unsubscribe));
        Kind::ALL.into_iter().filter(is_there).find(|kind| kind.method() == method)
    }

    pub(crate) fn method(self) -> &'static str {
        match self {
            Kind::CallTool => "tools/call",
            Kind::ListPrompts => "prompts/list",
            Kind::GetPrompt => "prompts/get",
            Kind::ListResources => "resources/list",
            Kind::ListTemplates => "resources/templates/list",
            Kind::ReadResource => "resources/read",
            Kind::Subscribe => "resources/subscribe",
            Kind::Unsubscribe => "resources/unsubscribe",
            Kind::Complete => "completion/complete",
            Kind::Listen => "subscriptions/listen",
        }
    }

    /// What an upstream that has what is listed says that it can.
    pub(crate) fn capability(self) -> &'static str {
        if self == Kind::ListPrompts { "prompts" } else { "resources" }
    }

    /// Where the result of a list has what is listed; none for what is no list.
    pub(crate) fn listed(self) -> Option<&'static str> {
        match self {
            Kind::ListPrompts => Some("prompts"),
            Kind::ListResources => Some("resources"),
            Kind::ListTemplates => Some("resourceTemplates"),
            _ => None,
        }
    }

    /// Whether its result says for how long it may be kept, and for whom (revision 2026-07-28, "CacheableResult").
    pub(crate) fn is_cacheable(self) -> bool {
        self.listed().is_some() || self == Kind::ReadResource
    }

    /// The parameter that names what is wanted. Modern upstreams are told it in a header as well.
    pub(crate) fn names_by(self) -> Option<&'static str> {
        match self {
            Kind::CallTool | Kind::GetPrompt => Some("name"),
            Kind::ReadResource | Kind::Subscribe | Kind::Unsubscribe => Some("uri"),
            _ => None,
        }
    }
}
