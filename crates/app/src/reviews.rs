//! Reviews of access: that somebody went through who has what and found it right, and when the next one is due.

use domain::command::Command;
use domain::id::PersonId;
use domain::organization::{Organization, Review};
use domain::permission::Permission;
use domain::time::Timestamp;
use verdict::Operation;

use crate::change::Along;
use crate::{App, Caller, Problem};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// A review with the name of whoever confirmed it.
#[derive(Clone, Debug)]
pub struct ReviewView {
    /// The review.
    pub review: Review,
    /// Who confirmed it: their id, and their name or what the key or agent is called.
    pub by: (String, String),
}

/// The reviews that were confirmed, and when the next is due.
#[derive(Clone, Debug)]
pub struct Reviews {
    /// The newest first; at most the last hundred.
    pub confirmed: Vec<ReviewView>,
    /// When the next one is due; none where the organization reviews nothing.
    pub due_at: Option<Timestamp>,
}

impl App {
    /// The reviews that were confirmed.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller may not explain access.
    pub async fn list_reviews(&self, caller: &Caller) -> Result<Reviews, Problem> {
        let operation = Operation::Use { permission: Permission::AccessExplain };
        let _permit = self.permit(&caller.live.snapshot(), &caller.actor, operation).await?;
        let (reviews, due_at) = {
            let state = caller.live.state.lock().await;
            (state.reviews.clone(), due_at(&state))
        };
        let mut confirmed = self.review_views(caller, reviews).await?;
        confirmed.reverse();
        Ok(Reviews { confirmed, due_at })
    }

    /// Confirms a review: that the caller went through who had what after the change of this number, the present state
    /// where none is named, and found it right.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller may not explain access, [`Problem::Refused`] for a state that there was not.
    pub async fn confirm_review(&self, caller: &Caller, of_seq: Option<u64>) -> Result<ReviewView, Problem> {
        let command = |state: &Organization| Ok(Command::ConfirmReview { of_seq: of_seq.unwrap_or(state.seq) });
        self.change(caller, Operation::ConfirmReview, command, Along::default()).await?;
        let last = caller.live.state.lock().await.reviews.last().cloned();
        let views = self.review_views(caller, last.into_iter().collect()).await?;
        views.into_iter().next().ok_or_else(|| Problem::missing("review"))
    }

    async fn review_views(&self, caller: &Caller, reviews: Vec<Review>) -> Result<Vec<ReviewView>, Problem> {
        let by = |review: &Review| review.by.split('/').next().unwrap_or_default().to_owned();
        let people: Vec<PersonId> = reviews.iter().filter_map(|review| PersonId::parse(&by(review)).ok()).collect();
        let people = self.people(caller.live.org(), &people).await?;
        let labels = self.labels(caller.live.org()).await?;
        let name = |id: &str| match PersonId::parse(id) {
            Ok(person) => people.get(&person).map(|person| person.name.clone()),
            Err(_) => labels.get(id).cloned(),
        };
        let view = |review: Review| {
            let id = by(&review);
            let name = name(&id).unwrap_or_else(|| crate::directory::ERASED.to_owned());
            ReviewView { by: (id, name), review }
        };
        Ok(reviews.into_iter().map(view).collect())
    }
}

/// When access is to be reviewed next: so many days after the last time, or after the organization began.
pub(crate) fn due_at(state: &Organization) -> Option<Timestamp> {
    let days = i64::from(state.settings.review_every_days);
    let began = state.members.values().map(|member| member.joined_at).min();
    let last = state.reviews.last().map(|review| review.at).or(began)?;
    (days > 0).then(|| last.plus_ms(days * DAY_MS))
}
