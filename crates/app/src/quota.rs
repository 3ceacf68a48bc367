//! How much of the installation may be used: the operator's to say, and a bound on whoever else founds and takes in.
//!
//! It says nothing about who may do so, which `verdict` decides before; and nothing that is there is ever taken away
//! because a limit was lowered.

use domain::event::Event;
use domain::member::MemberStatus;
use domain::organization::Organization;
use domain::refusal::Refusal;
use journal::Journal;

use crate::Problem;

/// Organizations that are counted at once.
const PAGE: usize = 10_000;

/// The installation's limits; none where a field is empty.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Quotas {
    /// Most organizations, all together.
    pub organizations_max: Option<u64>,
    /// Most members of each organization.
    pub members_max: Option<u64>,
}

impl Quotas {
    /// Whether the organization may take in whom these events let in.
    ///
    /// # Errors
    /// The refusal `quota`, which names the limit and who can raise it.
    pub(crate) fn let_in(&self, state: &Organization, events: &[Event]) -> Result<(), Refusal> {
        let joining = events.iter().filter(|event| matches!(event, Event::MemberAdded { .. })).count();
        let Some(limit) = self.members_max.filter(|_| joining > 0) else { return Ok(()) };
        let leaving = events.iter().filter(|event| matches!(event, Event::MemberRemoved { .. })).count();
        let here = state.members.values().filter(|member| member.status != MemberStatus::Removed).count();
        if (here + joining).saturating_sub(leaving) as u64 <= limit {
            return Ok(());
        }
        // How many there are is for those who see members, and whoever may take in need not.
        let message = format!(
            "an organization of this installation has at most {limit} members; remove somebody, or ask whoever runs \
             Wardroom to raise members-max"
        );
        Err(Refusal::rule("quota", message))
    }

    /// Whether there may be one more organization. The caller holds the directory's lock until it is registered.
    ///
    /// # Errors
    /// The refusal `quota`, which names the limit and who can raise it.
    pub(crate) async fn let_found(&self, journal: &Journal) -> Result<(), Problem> {
        let Some(limit) = self.organizations_max else { return Ok(()) };
        let (mut here, mut last) = (0, None);
        while here < limit {
            let page = journal.organizations(last, PAGE).await?;
            here += page.len() as u64;
            match page.last() {
                Some(slug) => last = Some(slug.org),
                None => return Ok(()),
            }
        }
        let message = format!(
            "this installation has at most {limit} organizations, and there are {here}; whoever runs Wardroom can raise \
             organizations-max"
        );
        Err(Refusal::rule("quota", message).into())
    }
}
