//! Ownership goes over in two steps: offered, and taken by the heir alone.

use serde_json::json;

use crate::firm::{Firm, each, told};

const OFFER: &str = "/organization/transfer";
const TAKE: &str = "/organization/transfer/accept";

#[test]
fn an_organization_goes_over_when_the_heir_takes_it_and_the_history_says_both() {
    let firm = Firm::of("pipeai");
    let owner = firm.owner();
    let (ada, bob) = (firm.hire("ada", "admin"), firm.hire("bob", "admin"));
    let over = json!({ "to": ada.email, "own_role": "user" });
    assert_eq!(told(&owner.get(OFFER)), (404, "not-found"), "nothing is offered");
    assert_eq!(told(&ada.api.post(TAKE, json!({}))), (404, "not-found"));
    let (status, offer) = owner.post(OFFER, over.clone());
    assert_eq!((status, &offer["from"]["name"], &offer["own_role"]), (200, &json!("owner"), &json!("user")), "{offer}");
    assert_eq!(owner.get("").1["you"]["role"], json!("owner"), "an offer gives nothing and takes nothing");
    // The heir sees it; to others there is none.
    assert_eq!(ada.api.get(OFFER).1, offer);
    for answer in [bob.api.get(OFFER), bob.api.delete(OFFER), bob.api.post(TAKE, json!({}))] {
        assert_eq!(told(&answer), (404, "not-found"));
    }
    assert_eq!(told(&owner.post(TAKE, json!({}))), (403, "not-yours"), "nobody takes it for the heir");
    assert_eq!(told(&owner.post(OFFER, json!({ "to": bob.email, "own_role": "user" }))), (409, "offer-open"));
    let asked = ada.api.post(OFFER, json!({ "to": bob.email, "own_role": "user" }));
    assert_eq!(told(&asked).0, 403, "it is not theirs to offer");

    let (status, heir) = ada.api.post(TAKE, json!({}));
    assert_eq!((status, &heir["role"]), (200, &json!("owner")), "{heir}");
    assert_eq!(owner.get("").1["you"]["role"], json!("user"));
    assert_eq!(told(&ada.api.post(TAKE, json!({}))).0, 404, "it is taken once");
    let (_, audit) = ada.api.get("/audit?kind=changes&limit=4");
    let expected = ["member.role_changed", "member.role_changed", "ownership.accepted", "ownership.offered"];
    assert_eq!(each(&audit, "type"), expected, "{audit}");
}

#[test]
fn an_offer_is_over_when_it_is_declined_taken_back_or_the_heir_is_no_longer_who_they_were() {
    let firm = Firm::of("workjet");
    let owner = firm.owner();
    let ada = firm.hire("ada", "admin");
    let offer = || assert_eq!(owner.post(OFFER, json!({ "to": ada.email, "own_role": "admin" })).0, 200);
    offer();
    assert_eq!(ada.api.delete(OFFER).0, 204);
    offer();
    assert_eq!(owner.delete(OFFER).0, 204);
    offer();
    assert_eq!(owner.patch(&format!("/members/{}", ada.id), json!({ "role": "member" })).0, 200);
    assert_eq!(told(&ada.api.post(TAKE, json!({}))).0, 404);
    offer();
    assert_eq!(owner.post(&format!("/members/{}/suspend", ada.id), json!({})).0, 200);
    assert_eq!(ada.api.post(TAKE, json!({})).0, 401);
    assert_eq!(owner.post(&format!("/members/{}/restore", ada.id), json!({})).0, 200);
    assert_eq!(told(&ada.api.post(TAKE, json!({}))).0, 404, "an offer from before the suspension is over");
    assert_eq!(told(&owner.delete(OFFER)).0, 404);
    assert_eq!(owner.get("").1["you"]["role"], json!("owner"));
}

#[test]
fn the_lead_of_a_team_goes_over_in_one_step_so_that_somebody_leads_it_at_every_moment() {
    let firm = Firm::of("pipeai");
    let owner = firm.owner();
    let team = firm.team("Essays");
    let path = format!("/teams/{team}/leader");
    let (lea, kim) = (firm.hire("lea", "user"), firm.hire("kim", "user"));
    let to_kim = json!({ "to": kim.email });
    let (status, refused) = owner.post(&path, to_kim.clone());
    assert_eq!((status, &refused["field"]), (422, &json!("from")), "nobody leads it: {refused}");
    firm.join(&team, &lea, "team-leader");
    assert_eq!(told(&kim.api.post(&path, to_kim.clone())).0, 404, "it is a team that kim does not see");
    firm.join(&team, &kim, "team-user");
    let before = firm.places(&team);
    assert_eq!(told(&kim.api.post(&path, to_kim.clone())).0, 403);
    let wrong = json!({ "to": kim.email, "own_role": "user" });
    assert_eq!(told(&owner.post(&path, wrong)), (422, "role-not-for-teams"));
    assert_eq!(firm.places(&team), before, "both or none");
    let (status, leader) = owner.post(&path, to_kim.clone());
    assert_eq!((status, &leader["role"], &leader["id"]), (200, &json!("team-leader"), &json!(kim.id)), "{leader}");
    let mut expected = vec![(lea.id.clone(), "team-user".to_owned()), (kim.id.clone(), "team-leader".to_owned())];
    let mut places = firm.places(&team);
    places.sort();
    expected.sort();
    assert_eq!(places, expected);
    let again = owner.post(&path, to_kim);
    assert_eq!((again.0, &again.1["field"]), (422, &json!("to")), "{again:?}");
    let (_, audit) = owner.get("/audit?kind=changes&limit=2");
    assert_eq!(each(&audit, "type"), ["team.member_set", "team.member_set"], "{audit}");
    let at = each(&audit, "at");
    assert_eq!(at[0], at[1], "one append");
}
