//! What an impact says in words: everything that somebody gains or loses, as far as whoever asks may know of it.

use app::impact::{Impact, Mode};
use app::roles::{NewRole, RoleChange};
use app::{Caller, Problem};
use domain::permission::Holding;
use domain::role::RoleLevel;

use crate::world::{MEMBER, World};

fn looking(caller: &Caller) -> Caller {
    Caller { mode: Mode { preview: true, ..Mode::default() }, ..caller.clone() }
}

fn told<T: std::fmt::Debug>(answer: Result<T, Problem>) -> Impact {
    match answer {
        Err(Problem::Previewed(impact)) => *impact,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_place_in_a_team_and_the_end_of_a_key_are_told_of_the_one_whom_they_concern() {
    let world = World::new();
    let acme = world.acme().await;
    let team = world.app.create_team(&acme.owner, "Sales".to_owned()).await.unwrap().id.to_string();
    let change =
        RoleChange { permissions: Some(Holding::parse(["team.view", "team.edit"]).unwrap()), ..RoleChange::default() };
    let lead = NewRole { id: None, title: "Lead".to_owned(), level: RoleLevel::Team, change };
    world.app.create_role(&acme.owner, lead).await.unwrap();
    let joins = told(world.app.set_team_member(&looking(&acme.owner), (&team, MEMBER), Some("lead")).await);
    assert_eq!((joins.subjects.len(), joins.others), (1, 0), "{joins:?}");
    let line = joins.summary().remove(0);
    assert!(line.starts_with("Mona Gneiss: ") && line.contains("in the team Sales: comes in"), "{line}");
    world.app.set_team_member(&acme.owner, (&team, MEMBER), Some("lead")).await.unwrap();
    let ends = told(world.app.delete_team(&looking(&acme.owner), &team).await);
    assert!(ends.summary()[0].contains("in the team Sales: goes"), "{ends:?}");

    let key = world.personal_key(&acme.member, None).await.unwrap().id.to_string();
    let revoked = told(world.app.revoke_key(&looking(&acme.member), &key).await);
    assert_eq!(revoked.subjects[0].keys.len(), 1, "{revoked:?}");
    assert!(revoked.summary()[0].ends_with(" ends"), "{revoked:?}");
}
