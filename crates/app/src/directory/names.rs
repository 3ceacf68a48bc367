//! People, by what they are called: the rows beside the directory joined to the ids that everything else uses.

use std::collections::HashMap;

use domain::directory::DirectoryEvent;
use domain::id::{OrgId, PersonId};
use domain::refusal::unprintable;
use journal::{Append, Fact, Person, StreamId};
use verdict::{Actor, Operation, Snapshot, Subject};

use crate::{App, Problem};

/// Characters of a person's name.
const NAME_LENGTH_MAX: usize = 100;

/// What is shown of a person whom the directory no longer knows.
pub(crate) const ERASED: &str = "(erased)";

impl App {
    /// What an organization calls people, in the order asked for.
    pub async fn names(&self, org: OrgId, people: &[PersonId]) -> Vec<String> {
        let known = self.people(org, people).await.unwrap_or_default();
        people.iter().map(|id| known.get(id).map_or_else(|| ERASED.to_owned(), |person| person.name.clone())).collect()
    }

    /// What an organization calls people, without those whose names were erased.
    pub async fn known_names(&self, org: OrgId, people: &[PersonId]) -> Vec<String> {
        let mut known = self.people(org, people).await.unwrap_or_default();
        people.iter().filter_map(|id| Some(known.remove(id)?.name)).collect()
    }

    /// Which of those who could help are named to somebody: all, where they see who is here, and nobody but themselves
    /// otherwise.
    pub(crate) fn whom_to_name(&self, (snapshot, actor): (&Snapshot, &Actor), people: &[PersonId]) -> Vec<PersonId> {
        let sees = self.asked(snapshot, actor, Operation::ViewMembers).is_allowed();
        people.iter().copied().filter(|person| sees || actor.subject == Subject::Member(*person)).collect()
    }

    /// Their names, of those who still have one.
    pub(crate) async fn names_for(&self, to: (&Snapshot, &Actor), people: &[PersonId]) -> Vec<String> {
        self.known_names(to.0.org(), &self.whom_to_name(to, people)).await
    }

    pub(crate) async fn people(&self, org: OrgId, people: &[PersonId]) -> Result<HashMap<PersonId, Person>, Problem> {
        if people.is_empty() {
            return Ok(HashMap::new());
        }
        let found = self.inner.journal.people(org, people).await?;
        Ok(found.into_iter().map(|person| (person.id, person)).collect())
    }

    /// The person of an id or an e-mail address, whatever organization they are in. Whoever is answered must not learn
    /// of somebody who is not of theirs: start from [`App::member_named`].
    pub(crate) async fn person(&self, name: &str) -> Result<Option<PersonId>, Problem> {
        if let Ok(person) = PersonId::parse(name) {
            return Ok(Some(person));
        }
        self.person_at(name).await
    }

    /// Whose address this is, letter by letter but for the case of the letters a to z. One that merely looks alike, such as
    /// one with a Kelvin sign for a `k`, may be another's mailbox.
    pub(crate) async fn person_at(&self, address: &str) -> Result<Option<PersonId>, Problem> {
        Ok(self.inner.journal.person_by_email(address).await?.map(|person| person.id))
    }

    /// What must be appended to the directory so that it knows one more person or organization. The caller
    /// holds the directory's lock until the append is done.
    pub(crate) async fn register(
        &self,
        actor: &str,
        events: &[DirectoryEvent],
        facts: Vec<Fact>,
    ) -> Result<Box<Append>, Problem> {
        Ok(Box::new(Append {
            stream: StreamId::Directory,
            expected: self.inner.journal.head(StreamId::Directory).await?,
            at: self.now(),
            actor: actor.to_owned(),
            events: events.iter().map(DirectoryEvent::encode).collect::<Result<_, _>>()?,
            facts,
        }))
    }
}

/// The host of what stands in the place of an address that nobody has shown to be theirs: nobody is taken in under such a
/// one, and no mail goes there.
pub(crate) const NO_ADDRESS: &str = "unproven.invalid";

/// Checks an e-mail address as far as that can be done without sending to it.
pub(crate) fn email(text: &str) -> Result<String, Problem> {
    let text = text.trim();
    let sound = text.len() <= 254
        && text.split_once('@').is_some_and(|(local, host)| {
            !local.is_empty()
                && host.len() >= 3
                && host.contains('.')
                && !host.contains('@')
                && !host.eq_ignore_ascii_case(NO_ADDRESS)
        })
        && !text.chars().any(|letter| letter.is_whitespace() || unprintable(letter) || "<>,;\"()".contains(letter));
    if sound {
        Ok(text.to_owned())
    } else {
        Err(Problem::invalid("email", "give one e-mail address, such as ada@example.com"))
    }
}

/// Checks the name a person is shown under.
pub(crate) fn person_name(text: &str) -> Result<String, Problem> {
    one_line("name", text, NAME_LENGTH_MAX)
}

/// Checks a name in one line.
pub(crate) fn one_line(field: &'static str, text: &str, length_max: usize) -> Result<String, Problem> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > length_max || text.chars().any(unprintable) {
        return Err(Problem::invalid(field, format!("give 1 to {length_max} characters in one line")));
    }
    Ok(text.to_owned())
}
