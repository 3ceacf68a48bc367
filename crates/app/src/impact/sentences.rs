//! An impact in sentences, for whoever must decide about the change.

use std::collections::BTreeMap;

use verdict::{KeyChange, Presence};

use super::{ActingImpact, EndImpact, Impact, SubjectImpact, TeamImpact, ToldRights};

/// People whom a sentence names of those for whom an agent acts; all of them stand beside it.
const SAID_MAX: usize = 5;

impl Impact {
    /// The impact in sentences, one for each subject.
    #[must_use]
    pub fn summary(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.subjects.iter().map(SubjectImpact::sentence).collect();
        match self.others {
            0 if lines.is_empty() && !self.ends.is_empty() => {
                lines.push("nobody gains or loses anything at this moment".to_owned());
            }
            0 if lines.is_empty() => lines.push("nobody gains or loses anything".to_owned()),
            0 => {}
            1 => lines.push("one more gains or loses something".to_owned()),
            others => lines.push(format!("{others} more gain or lose something")),
        }
        lines.extend(self.ends.iter().map(EndImpact::sentence));
        if self.ends_others > 0 {
            lines.push(format!("{} set or moved", counted(self.ends_others, "more end")));
        }
        if self.events.contains(&"organization.deletion_set") {
            lines.push("nobody does anything in the organization from then on, unless it is restored".to_owned());
        }
        if self.events.contains(&"setting.changed") {
            let besides = "settings change; told above is what rights, keys and delegations come to by them";
            lines.push(besides.to_owned());
        }
        lines
    }
}

impl SubjectImpact {
    /// Whether there is anything that the caller may know of.
    pub(super) fn says_something(&self) -> bool {
        self.presence != Presence::Stays || !self.parts().is_empty()
    }

    fn sentence(&self) -> String {
        format!("{}: {}", self.name, self.parts().join("; "))
    }

    fn parts(&self) -> Vec<String> {
        let mut parts = Vec::new();
        match self.presence {
            Presence::Comes => parts.push("comes in".to_owned()),
            Presence::Goes => {
                parts.push("goes, and everything of theirs ends".to_owned());
                return parts;
            }
            Presence::Stays => {}
        }
        parts.extend(rights("gains", &self.gains));
        parts.extend(rights("loses", &self.loses));
        parts.extend(self.roles.iter().map(|(_, title, all)| match all {
            Presence::Goes => format!("the role {title} beside their own counts no longer"),
            Presence::Comes => format!("the role {title} counts beside their own"),
            Presence::Stays => format!("the role {title} is their own from then on"),
        }));
        parts.extend(self.teams.iter().map(TeamImpact::part));
        parts.extend(self.personal_keys.map(|work| match work {
            true => "personal keys work again".to_owned(),
            false => "personal keys stop working".to_owned(),
        }));
        parts.extend(self.key_parts());
        parts.extend(self.acting.iter().take(SAID_MAX).map(ActingImpact::part));
        match self.acting.len().saturating_sub(SAID_MAX) + self.acting_others {
            0 => {}
            more => parts.push(format!("acting for {} may do something else", counted(more, "more person"))),
        }
        parts.extend(self.agents.iter().map(|(_, title, all)| match all {
            Presence::Goes => format!("the agent {title} may act for them no longer"),
            Presence::Comes | Presence::Stays => format!("the agent {title} may act for them"),
        }));
        parts
    }

    fn key_parts(&self) -> Vec<String> {
        let said = |(key, label, change): &(String, String, KeyChange)| match change {
            // That a workspace key is there is said of the key itself.
            KeyChange::Comes if key == self.subject.as_str() && self.presence == Presence::Comes => None,
            // That all personal keys do so was said.
            KeyChange::Starts | KeyChange::Stops if self.personal_keys.is_some() => None,
            KeyChange::Comes => Some(format!("has the key {label}")),
            KeyChange::Starts => Some(format!("the key {label} works again")),
            KeyChange::Renewed => {
                Some(format!("the key {label} gets another secret, and the one before stops working"))
            }
            KeyChange::Stops => Some(format!("the key {label} stops working")),
            KeyChange::Ends => Some(format!("the key {label} ends")),
        };
        self.keys.iter().filter_map(said).collect()
    }
}

impl TeamImpact {
    fn part(&self) -> String {
        let place = match self.place {
            Presence::Comes => Some("comes in".to_owned()),
            Presence::Goes => Some("goes".to_owned()),
            Presence::Stays => None,
        };
        let held = |verb: &str, words: &[String]| (!words.is_empty()).then(|| format!("{verb} {}", words.join(", ")));
        let said = place.into_iter().chain(held("gains", &self.gains)).chain(held("loses", &self.loses));
        format!("in the team {}: {}", self.title, said.collect::<Vec<_>>().join(", "))
    }
}

impl ActingImpact {
    fn part(&self) -> String {
        let may = match self.presence {
            Presence::Comes => Some("may from now on".to_owned()),
            Presence::Goes => return format!("may act for {} no longer", self.name),
            Presence::Stays => None,
        };
        let said = may.into_iter().chain(rights("gains", &self.gains)).chain(rights("loses", &self.loses));
        format!("acting for {}: {}", self.name, said.collect::<Vec<_>>().join(", "))
    }
}

/// What is gained or lost; none where it is nothing.
fn rights(verb: &str, rights: &ToldRights) -> Option<String> {
    let mut said = rights.permissions.clone();
    said.extend(rights.tools.iter().map(|(slug, tools)| format!("{} of {slug}", counted(tools.len(), "tool"))));
    if !rights.resources.is_empty() {
        said.push(format!("rights to {}", counted(rights.resources.len(), "resource")));
    }
    let object = |(object, verbs): (&String, &Vec<&str>)| format!("the right to {} the object {object}", listed(verbs));
    said.extend(rights.objects.iter().map(object));
    said.extend(rights.fields.iter().flat_map(|(object, fields)| of_fields(object, fields)));
    (!said.is_empty()).then(|| format!("{verb} {}", said.join(", ")))
}

/// What becomes of an object's fields, those together with which the same may be done.
fn of_fields(object: &str, fields: &BTreeMap<String, Vec<&'static str>>) -> Vec<String> {
    let mut by_verbs = BTreeMap::<&[&str], Vec<&str>>::new();
    for (field, verbs) in fields {
        by_verbs.entry(verbs).or_default().push(field);
    }
    let said = by_verbs.into_iter().map(|(verbs, fields)| match fields.len() {
        1 => format!("the right to {} the field {} of {object}", listed(verbs), listed(&fields)),
        some if some <= SAID_MAX => {
            format!("the right to {} the fields {} of {object}", listed(verbs), listed(&fields))
        }
        some => format!("the right to {} {some} fields of {object}", listed(verbs)),
    });
    said.collect()
}

/// Words one after the other, as people say them.
fn listed(words: &[&str]) -> String {
    match words {
        [first @ .., second, last] => {
            let first: String = first.iter().map(|word| format!("{word}, ")).collect();
            format!("{first}{second} and {last}")
        }
        rest => rest.concat(),
    }
}

fn counted(count: usize, noun: &str) -> String {
    match (count, noun) {
        (1, _) => format!("1 {noun}"),
        (_, "more person") => format!("{count} more people"),
        _ => format!("{count} {noun}s"),
    }
}
