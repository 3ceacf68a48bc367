//! Naming things on the command line: `stripe/create_refund` is the tool of an integration.

/// A tool of an integration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ToolName {
    /// The integration's short name or id.
    pub(crate) integration: String,
    /// The tool's name as the integration has it.
    pub(crate) tool: String,
}

impl std::str::FromStr for ToolName {
    type Err = String;

    fn from_str(text: &str) -> Result<ToolName, String> {
        match text.split_once('/') {
            Some((integration, tool)) if !integration.is_empty() && !tool.is_empty() => {
                Ok(ToolName { integration: integration.to_owned(), tool: tool.to_owned() })
            }
            _ => Err("a tool is named INTEGRATION/TOOL, such as stripe/create_refund".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_is_named_with_its_integration() {
        let name: ToolName = "stripe/create_refund".parse().expect("a tool's name");
        assert_eq!((name.integration.as_str(), name.tool.as_str()), ("stripe", "create_refund"));
        for text in ["stripe", "/create_refund", "stripe/", ""] {
            assert!(text.parse::<ToolName>().is_err(), "{text}");
        }
    }
}
