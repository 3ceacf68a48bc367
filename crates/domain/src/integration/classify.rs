//! What class a tool is, judged from its annotations and its name.
//!
//! Annotations come from the other side and are hints, never trusted alone: where the name speaks against them,
//! the tool is left unclassified, which counts as delete until a person decides.

use super::ToolClass;

/// The hints of a tool's annotations that bear on its class.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Hints {
    /// `readOnlyHint`.
    pub read_only: Option<bool>,
    /// `destructiveHint`.
    pub destructive: Option<bool>,
}

/// A class and what would be suggested to a person who reviews it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Classification {
    /// The class to act on; [`ToolClass::Unclassified`] where the evidence is not enough.
    pub class: ToolClass,
    /// The likeliest class.
    pub suggested: ToolClass,
}

const READ_WORDS: &[&str] = &[
    "get",
    "list",
    "search",
    "find",
    "read",
    "fetch",
    "query",
    "describe",
    "retrieve",
    "show",
    "count",
    "lookup",
    "view",
    "check",
    "inspect",
    "summarize",
    "preview",
    "browse",
];
const WRITE_WORDS: &[&str] = &[
    "create", "update", "add", "set", "send", "write", "edit", "insert", "post", "put", "patch", "upsert", "assign",
    "move", "rename", "reply", "forward", "schedule", "convert", "merge", "draft", "mark", "enable", "upload", "copy",
    "attach", "invite", "apply", "finalize", "capture", "confirm", "log", "refund", "accept", "flag", "tag", "link",
];
const DELETE_WORDS: &[&str] = &[
    "delete",
    "remove",
    "destroy",
    "purge",
    "drop",
    "erase",
    "wipe",
    "truncate",
    "void",
    "cancel",
    "revoke",
    "terminate",
    "uninstall",
    "reset",
    "empty",
    "discard",
    "unlink",
    "close",
    "detach",
    "archive",
];

/// Judges a tool by its name at the upstream and its annotations.
#[must_use]
pub fn classify(name: &str, hints: Hints) -> Classification {
    let by_name = class_of_name(name);
    let by_hint = match (hints.read_only, hints.destructive) {
        (Some(true), Some(true)) => None,
        (Some(true), _) => Some(ToolClass::Read),
        (_, Some(true)) => Some(ToolClass::Delete),
        (Some(false), Some(false)) => Some(ToolClass::Write),
        _ => None,
    };
    let contradicting = hints.read_only == Some(true) && hints.destructive == Some(true);
    let class = match (by_name, by_hint) {
        _ if contradicting => ToolClass::Unclassified,
        // A hint that only asks for more care than the name is believed, and so is one that agrees.
        (Some(named), Some(hinted)) if hinted >= named => hinted,
        // The upstream plays its tool down: somebody has to look.
        (Some(_), Some(_)) => ToolClass::Unclassified,
        (Some(named), None) => {
            // Without any hint a harmless-sounding verb alone decides only that nothing is deleted.
            if named == ToolClass::Read && hints.read_only == Some(false) { ToolClass::Unclassified } else { named }
        }
        (None, Some(ToolClass::Delete)) => ToolClass::Delete,
        (None, _) => ToolClass::Unclassified,
    };
    let suggested = match class {
        ToolClass::Unclassified => by_name.max(by_hint).unwrap_or(ToolClass::Delete),
        sure => sure,
    };
    Classification { class, suggested }
}

/// The class that the words of a name speak for: the first verb decides, and a deleting word anywhere wins.
pub(super) fn class_of_name(name: &str) -> Option<ToolClass> {
    let words = words(name);
    let among = |list: &[&str], word: &String| list.contains(&word.as_str());
    if words.iter().any(|word| among(&["delete", "destroy", "purge", "erase", "wipe", "drop"], word)) {
        return Some(ToolClass::Delete);
    }
    words.iter().find_map(|word| {
        if among(READ_WORDS, word) {
            Some(ToolClass::Read)
        } else if among(DELETE_WORDS, word) {
            Some(ToolClass::Delete)
        } else if among(WRITE_WORDS, word) {
            Some(ToolClass::Write)
        } else {
            None
        }
    })
}

/// Splits `list_customers`, `listCustomers` and `list-customers` alike.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before_was_lower = false;
    for letter in name.chars() {
        let starts = !letter.is_alphanumeric() || (letter.is_uppercase() && before_was_lower);
        if starts {
            words.push(String::new());
        }
        if letter.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
        before_was_lower = letter.is_lowercase() || letter.is_numeric();
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(name: &str, read_only: Option<bool>, destructive: Option<bool>) -> ToolClass {
        classify(name, Hints { read_only, destructive }).class
    }

    #[test]
    fn name_and_hint_that_agree_decide() {
        assert_eq!(class("list_customers", Some(true), None), ToolClass::Read);
        assert_eq!(class("createRefund", Some(false), Some(false)), ToolClass::Write);
        assert_eq!(class("delete-contact", Some(false), Some(true)), ToolClass::Delete);
    }

    #[test]
    fn a_name_alone_decides_where_its_verb_is_plain() {
        assert_eq!(class("get_invoice", None, None), ToolClass::Read);
        assert_eq!(class("send_mail", None, None), ToolClass::Write);
        assert_eq!(class("purge_list", None, None), ToolClass::Delete);
    }

    #[test]
    fn an_upstream_that_plays_its_tool_down_is_not_believed() {
        assert_eq!(class("delete_customer", Some(true), None), ToolClass::Unclassified);
        assert_eq!(class("create_refund", Some(true), None), ToolClass::Unclassified);
        assert_eq!(class("get_report", Some(true), Some(true)), ToolClass::Unclassified);
        assert_eq!(class("list_and_purge", Some(true), Some(false)), ToolClass::Unclassified);
    }

    #[test]
    fn a_name_that_says_nothing_is_left_to_a_person() {
        assert_eq!(class("process_batch", None, None), ToolClass::Unclassified);
        assert_eq!(class("process_batch", Some(true), None), ToolClass::Unclassified);
        assert_eq!(class("process_batch", None, Some(true)), ToolClass::Delete);
    }

    #[test]
    fn a_hint_that_asks_for_more_care_is_believed() {
        assert_eq!(class("update_record", Some(false), Some(true)), ToolClass::Delete);
        assert_eq!(class("get_token", Some(false), Some(true)), ToolClass::Delete);
    }
}
