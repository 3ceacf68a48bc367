//! What a change would do, on the wire: the answer to a change that was sent with `Wardroom-Preview: true`.

use std::collections::BTreeMap;

use app::impact::{ActingImpact, EndImpact, Impact, SubjectImpact, TeamImpact, ToldRights};
use serde::Serialize;
use utoipa::ToSchema;

use crate::time::written;

/// What a change would do. Nothing was changed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Impact)]
pub(crate) struct ImpactBody {
    /// Always true: it says that nothing was changed.
    preview: bool,
    /// The state that was asked. Send it as `If-Match` with the change itself, so that nothing happens in between.
    seq: u64,
    /// The types of the events that it would lead to.
    events: Vec<&'static str>,
    /// Who gains or loses what.
    subjects: Vec<SubjectImpactBody>,
    /// How many more gain or lose something whom you may not ask about, or of which you may not know, or who are too many
    /// to name.
    others: usize,
    /// What ends by itself from then on, or at another time than before.
    ends: Vec<EndImpactBody>,
    /// How many more such ends there are.
    ends_others: usize,
    /// All of it in sentences.
    summary: Vec<String>,
}

/// What a change would do to a member, key or agent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SubjectImpact)]
struct SubjectImpactBody {
    /// Id of the member, key or agent.
    subject: String,
    /// Their name.
    name: String,
    /// `stays`, `comes` or `goes`.
    presence: &'static str,
    #[serde(flatten)]
    rights: RightsImpactBody,
    /// Roles beside their own that begin (`comes`) or cease (`goes`) to count, or become their own (`stays`).
    roles: Vec<ThingImpactBody>,
    /// What becomes another one in their teams.
    teams: Vec<TeamImpactBody>,
    /// Whether their personal keys begin (true) or cease (false) to work; left out where neither.
    #[serde(skip_serializing_if = "Option::is_none")]
    keys_work: Option<bool>,
    /// What becomes of their keys that you may know of: `comes`, `starts` to work, is `renewed` with another secret, `stops`
    /// working, or `ends` for good.
    keys: Vec<ThingImpactBody>,
    /// What becomes another one of what an agent may do for people whom you may know of.
    acting: Vec<ActingImpactBody>,
    /// How many more such people there are.
    acting_others: usize,
    /// Agents that you may know of and that may act for them from then on (`comes`), or no longer (`goes`).
    agents: Vec<ThingImpactBody>,
}

/// What may be done from then on, or no longer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RightsImpact)]
struct RightsImpactBody {
    /// Permissions gained.
    gains: Vec<String>,
    /// Permissions lost.
    loses: Vec<String>,
    /// Tools gained, by integration.
    gains_tools: BTreeMap<String, Vec<String>>,
    /// Tools lost, by integration.
    loses_tools: BTreeMap<String, Vec<String>>,
    /// What they may do with resources from then on, by the resource's id.
    gains_resources: BTreeMap<String, Vec<&'static str>>,
    /// What they may do with resources no longer.
    loses_resources: BTreeMap<String, Vec<&'static str>>,
    /// What they may do with the records of objects from then on, by the object's name.
    gains_objects: BTreeMap<String, Vec<&'static str>>,
    /// What they may do with the records of objects no longer.
    loses_objects: BTreeMap<String, Vec<&'static str>>,
    /// What they may do with the values of fields from then on, by the object's name and the field's.
    gains_fields: BTreeMap<String, BTreeMap<String, Vec<&'static str>>>,
    /// What they may do with the values of fields no longer.
    loses_fields: BTreeMap<String, BTreeMap<String, Vec<&'static str>>>,
}

/// A role, key or agent, and what becomes of it for somebody.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ThingImpact)]
struct ThingImpactBody {
    /// Its id.
    id: String,
    /// Its title or label.
    title: String,
    /// What becomes of it.
    change: &'static str,
}

/// What a change would do to somebody in a team.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TeamImpact)]
struct TeamImpactBody {
    /// The team's id.
    team: String,
    /// Its title.
    title: String,
    /// Whether they are in it before and after: `stays`, `comes` or `goes`.
    place: &'static str,
    /// Permissions gained there.
    gains: Vec<String>,
    /// Permissions lost there.
    loses: Vec<String>,
}

/// What a change would do to what an agent may do for a person.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ActingImpact)]
struct ActingImpactBody {
    /// The person's id.
    person: String,
    /// Their name.
    name: String,
    /// Whether it may act for them before and after: `stays`, `comes` or `goes`.
    presence: &'static str,
    #[serde(flatten)]
    rights: RightsImpactBody,
}

/// Something that ends by itself from then on, or did before.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EndImpact)]
struct EndImpactBody {
    /// To whom it is given, or what itself ends, in words.
    whose: String,
    /// What it is, in words.
    what: String,
    /// When it ends from then on; null where it does not.
    until: Option<String>,
    /// When it ended before, `never` where it did not; left out where it was not there, or where you may not know.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<String>,
}

impl From<Impact> for ImpactBody {
    fn from(impact: Impact) -> ImpactBody {
        let summary = impact.summary();
        let Impact { seq, events, subjects, others, ends, ends_others } = impact;
        let (subjects, ends) = (subjects.into_iter().map(body).collect(), ends.into_iter().map(end).collect());
        ImpactBody { preview: true, seq, events, subjects, others, ends, ends_others, summary }
    }
}

fn end(one: EndImpact) -> EndImpactBody {
    let before = one.before.map(|before| before.map_or_else(|| "never".to_owned(), written));
    EndImpactBody { whose: one.whose, what: one.what, until: one.until.map(written), before }
}

fn body(one: SubjectImpact) -> SubjectImpactBody {
    SubjectImpactBody {
        subject: one.subject.as_str().to_owned(),
        name: one.name,
        presence: one.presence.as_str(),
        rights: rights(one.gains, one.loses),
        roles: one.roles.into_iter().map(|(id, title, change)| thing(id, title, change.as_str())).collect(),
        teams: one.teams.into_iter().map(team).collect(),
        keys_work: one.personal_keys,
        keys: one.keys.into_iter().map(|(id, label, change)| thing(id, label, change.as_str())).collect(),
        acting: one.acting.into_iter().map(acting).collect(),
        acting_others: one.acting_others,
        agents: one.agents.into_iter().map(|(id, title, change)| thing(id, title, change.as_str())).collect(),
    }
}

fn thing(id: String, title: String, change: &'static str) -> ThingImpactBody {
    ThingImpactBody { id, title, change }
}

fn rights(gains: ToldRights, loses: ToldRights) -> RightsImpactBody {
    RightsImpactBody {
        gains: gains.permissions,
        loses: loses.permissions,
        gains_tools: gains.tools,
        loses_tools: loses.tools,
        gains_resources: gains.resources,
        loses_resources: loses.resources,
        gains_objects: gains.objects,
        loses_objects: loses.objects,
        gains_fields: gains.fields,
        loses_fields: loses.fields,
    }
}

fn team(one: TeamImpact) -> TeamImpactBody {
    let TeamImpact { team, title, place, gains, loses } = one;
    TeamImpactBody { team, title, place: place.as_str(), gains, loses }
}

fn acting(one: ActingImpact) -> ActingImpactBody {
    let ActingImpact { person, name, presence, gains, loses } = one;
    ActingImpactBody { person, name, presence: presence.as_str(), rights: rights(gains, loses) }
}
