//! Invitations, from the offer to the first thing that somebody does who came by one.

use std::sync::Barrier;

use serde_json::{Value, json};

use crate::firm::{Firm, Person, each, told};
use crate::sign_in::{Answer, Browser};
use crate::upstreams::Upstreams;
use crate::world::{Api, Server, count, init};

/// A company in which whoever has a link may accept it: nothing here proves an address.
pub(crate) fn open_firm(preset: &str) -> Firm {
    let firm = Firm::of(preset);
    set(&firm, "invite.address", json!("any"));
    firm
}

fn set(firm: &Firm, setting: &str, value: Value) {
    let (status, answer) = firm.owner().patch("", json!({ "settings": { setting: value } }));
    assert_eq!(status, 200, "{setting}: {answer}");
}

/// Sends an invitation that has a link. Its id, and the path of the link.
pub(crate) fn invited(api: &Api, body: Value) -> (String, String) {
    let (status, sent) = api.post("/invitations", body);
    assert_eq!(status, 201, "{sent}");
    (text(&sent["id"]), path(&sent))
}

fn path(sent: &Value) -> String {
    let link = sent["link"].as_str().unwrap_or_else(|| panic!("no link: {sent}"));
    link[link.find("/invitation/").expect("a link of ours")..].to_owned()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// Presses a button of the page behind a link.
pub(crate) fn press(browser: &Browser, link: &str, button: &str, name: &str) -> Answer {
    let page = browser.get(link);
    if page.status != 200 {
        return page;
    }
    let kind = ("content-type", "application/x-www-form-urlencoded");
    let ours = [kind, ("origin", browser.url.as_str()), ("sec-fetch-site", "same-origin")];
    let person = page.text.split("name=\"person\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let form = format!("csrf={}&person={}&name={name}", page.csrf(), person.unwrap_or_default());
    browser.send("POST", &format!("{link}/{button}"), &ours, &form)
}

pub(crate) fn joined(firm: &Firm, link: &str, name: &str) -> Browser {
    let browser = Browser::new(firm.url());
    let answer = press(&browser, link, "join", name);
    assert_eq!(answer.status, 303, "{}", answer.text);
    browser
}

/// The role of whoever is known here by an address.
fn role_at(firm: &Firm, email: &str) -> String {
    text(&firm.owner().get(&format!("/members/{email}")).1["role"])
}

fn status_of(api: &Api, invitation: &str) -> String {
    text(&api.get(&format!("/invitations/{invitation}")).1["status"])
}

#[test]
fn somebody_joins_by_a_link_with_the_role_team_and_integration_that_were_offered() {
    let (upstreams, firm) = (Upstreams::start(), open_firm("balanced"));
    firm.connect_stripe(&upstreams);
    let (owner, team) = (firm.owner(), firm.team("Sales"));
    let (id, link) = invited(
        &owner,
        json!({ "email": "ann@example.com", "name": "Ann <b>", "role": "member", "note": "Welcome & hello",
            "teams": [{ "team": "Sales" }], "integrations": [{ "integration": "stripe", "profile": "read-only" }] }),
    );
    // To look uses nothing up, and shows what is offered and to whom, masked.
    let browser = Browser::new(firm.url());
    for _ in 0..3 {
        let page = browser.get(&link);
        assert_eq!((page.status, browser.session().0), (200, 401));
        for part in
            ["Join Firm", "a•••@example.com", "Welcome &#38; hello", "Sales", "read, never change", "Ann &#60;b&#62;"]
        {
            assert!(page.text.contains(part), "{part} in {}", page.text);
        }
        assert!(!page.text.contains("ann@example.com"), "{}", page.text);
    }
    assert_eq!(status_of(&owner, &id), "open");
    let answer = press(&browser, &link, "join", "Ann+Example");
    assert_eq!(answer.status, 303, "{}", answer.text);
    let (status, who) = browser.session();
    assert_eq!(
        (status, &who["name"], &who["organizations"][0]["slug"]),
        (200, &json!("Ann Example"), &json!(firm.org))
    );
    // They are a member with exactly that, and are found by the address to which they were invited.
    let (status, ann) = owner.get("/members/ann@example.com");
    assert_eq!((status, &ann["role"], &ann["id"]), (200, &json!("member"), &who["person"]), "{ann}");
    assert_eq!(firm.places(&team).len(), 1);
    let access = owner.get("/members/ann@example.com/access").1;
    assert_eq!(
        (&access["integrations"][0]["slug"], &access["integrations"][0]["profile"]),
        (&json!("stripe"), &json!("read-only"))
    );
    // It is used up, also for them, and history says who did what.
    assert_eq!((browser.get(&link).status, Browser::new(firm.url()).get(&link).status), (404, 404));
    let (_, shown) = owner.get(&format!("/invitations/{id}"));
    assert_eq!((&shown["status"], &shown["accepted_by"]), (&json!("accepted"), &who["person"]));
    let changes = owner.get("/audit?kind=changes&limit=6").1.to_string();
    for event in ["invitation.accepted", "member.added", "team.member_set", "grant.set"] {
        assert!(changes.contains(event), "{event} in {changes}");
    }
    assert!(!changes.contains("ann@example.com"), "{changes}");
    let (_, found) = owner.get("/audit?kind=changes&limit=10");
    let found = found["items"].as_array().expect("entries").iter();
    let lines: Vec<&Value> = found.filter(|entry| entry["type"] == "invitation.accepted").collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    let (who, by) = (&lines[0]["actor"]["name"], &lines[0]["invited_by"]["id"]);
    assert_eq!((who, by), (&json!("Ann Example"), &shown["inviter"]["id"]), "{}", lines[0]);
}

// rows: PA-6, PA-7, PA-10, PA-18, PA-24, PA-41, C-3
#[test]
fn in_pipeai_everybody_invites_to_the_organization_and_their_teams_and_gives_the_default_role_alone() {
    let firm = open_firm("pipeai");
    let (ours, theirs) = (firm.team("Ours"), firm.team("Theirs"));
    let people: Vec<Person> = [("adam", "admin"), ("uma", "user")].map(|(name, role)| firm.hire(name, role)).into();
    for (person, role) in people.iter().zip(["team-leader", "team-user"]) {
        firm.join(&ours, person, role);
    }
    let eve = firm.hire("eve", "user");
    firm.join(&ours, &eve, "team-editor");
    for (number, person) in people.iter().chain([&eve]).enumerate() {
        let email = |what: &str| format!("{what}{number}@example.com");
        let (_, link) = invited(&person.api, json!({ "email": email("org") }));
        joined(&firm, &link, "New");
        assert_eq!(role_at(&firm, &email("org")), "user", "an accepted invitation gives the default role");
        let (_, link) = invited(&person.api, json!({ "email": email("team"), "teams": [{ "team": ours }] }));
        joined(&firm, &link, "New");
    }
    assert_eq!(firm.places(&ours).iter().filter(|(_, role)| role == "team-user").count(), 4);
    let uma = &people[1];
    let offers = |body: Value| uma.api.post("/invitations", body);
    assert_eq!(told(&offers(json!({ "email": "x@example.com", "role": "admin" }))), (403, "only-default-role"));
    let leader = json!({ "email": "x@example.com", "teams": [{ "team": ours, "role": "team-leader" }] });
    assert_eq!(told(&offers(leader)), (403, "only-default-role"));
    let elsewhere = json!({ "email": "x@example.com", "teams": [{ "team": theirs }] });
    assert!([403, 404].contains(&offers(elsewhere).0), "a team that one is not in");
    // To invite is not to add, nor to remove.
    let by_hand = json!({ "email": "y@example.com", "name": "Y", "role": "user" });
    assert_eq!(uma.api.post("/members", by_hand).0, 403);
    assert_eq!(uma.api.delete(&format!("/members/{}", eve.id)).0, 403);
}

// rows: WJ-1, WJ-4, C-19
#[test]
fn an_invitation_is_a_promotion_to_what_it_offers_and_never_to_the_top() {
    let firm = open_firm("workjet");
    let (admin, member) = (firm.hire("adam", "admin"), firm.hire("mia", "member"));
    let offers = |api: &Api, role: &str| {
        let answer = api.post("/invitations", json!({ "email": format!("new-{role}@example.com"), "role": role }));
        (answer.0, answer.1["code"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(offers(&member.api, "member").0, 403);
    assert_eq!(offers(&admin.api, "admin"), (403, "only-owners".to_owned()));
    assert_eq!(offers(&admin.api, "owner").0, 403);
    assert_eq!(offers(&firm.owner(), "owner"), (422, "top-role".to_owned()));
    assert_eq!(offers(&admin.api, "member").0, 201);
    assert_eq!(offers(&firm.owner(), "admin").0, 201);
    // An admin sees what an owner offers, and does not offer it in their own name.
    let (_, found) = admin.api.get("/invitations");
    let high =
        found["items"].as_array().expect("items").iter().find(|one| one["role"] == "admin").expect("it is listed");
    let high = text(&high["id"]);
    assert_eq!(told(&admin.api.post(&format!("/invitations/{high}/resend"), json!({}))).0, 403);
    assert_eq!(member.api.get(&format!("/invitations/{high}")).0, 404);
    // Whoever could remove an admin takes back that one is invited.
    assert_eq!(admin.api.delete(&format!("/invitations/{high}")).0, 204);
    assert_eq!(each(&member.api.get("/invitations").1, "id"), Vec::<String>::new());
}

// rows: C-3
#[test]
fn where_somebody_has_to_agree_there_is_no_link_until_they_did() {
    let firm = open_firm("pipeai");
    set(&firm, "invite.organization", json!("any_member_with_approval"));
    let (uma, ulf) = (firm.hire("uma", "user"), firm.hire("ulf", "user"));
    let (status, sent) = uma.api.post("/invitations", json!({ "email": "new@example.com" }));
    assert_eq!((status, &sent["link"], &sent["status"]), (201, &Value::Null, &json!("awaits_approval")), "{sent}");
    let id = text(&sent["id"]);
    let at = |verb: &str| format!("/invitations/{id}/{verb}");
    let looked_at = json!({ "revision": sent["revision"] });
    let (status, wrong) = firm.owner().post(&at("approve"), json!({}));
    assert!(status == 422 && wrong.to_string().contains("revision"), "{wrong}");
    assert_eq!(told(&uma.api.post(&at("approve"), looked_at.clone())), (403, "needs-approval"));
    assert_eq!(told(&uma.api.post(&at("resend"), json!({}))), (409, "awaits-approval"));
    assert_eq!(ulf.api.post(&at("approve"), looked_at.clone()).0, 404, "it is neither theirs nor for them to handle");
    let (status, approved) = firm.owner().post(&at("approve"), looked_at.clone());
    assert_eq!(status, 200, "{approved}");
    assert_eq!(told(&firm.owner().post(&at("approve"), looked_at)), (409, "needs-no-approval"));
    // What was agreed to was that offer, by that person: sent again it stays agreed to.
    let (status, again) = uma.api.post(&at("resend"), json!({}));
    assert_eq!(status, 200, "{again}");
    assert_eq!(Browser::new(firm.url()).get(&path(&approved)).status, 404, "the link before is void");
    joined(&firm, &path(&again), "New");
    assert_eq!(role_at(&firm, "new@example.com"), "user");
}

#[test]
fn whoever_approves_an_invitation_approves_what_they_looked_at() {
    let firm = open_firm("pipeai");
    for setting in ["invite.organization", "invite.team"] {
        set(&firm, setting, json!("any_member_with_approval"));
    }
    let (uma, owner) = (firm.hire("uma", "user"), firm.owner());
    let team = text(&owner.post("/teams", json!({ "title": "Sales" })).1["id"]);
    assert_eq!(owner.put(&format!("/teams/{team}/members/{}", uma.id), json!({})).0, 200);
    let (status, sent) = uma.api.post("/invitations", json!({ "email": "new@example.com" }));
    assert_eq!(status, 201, "{sent}");
    let at = format!("/invitations/{}", text(&sent["id"]));
    let revision = |api: &Api| text(&api.get(&at).1["revision"]);
    let approve = |revision: &str| owner.post(&format!("{at}/approve"), json!({ "revision": revision }));
    let looked_at = revision(&owner);
    assert_eq!(revision(&uma.api), looked_at, "it is the same for everybody who sees it");
    // What is said to them is not what is agreed to.
    assert_eq!(uma.api.patch(&at, json!({ "note": "hello" })).0, 200);
    assert_eq!(revision(&owner), looked_at);
    let (status, edited) = uma.api.patch(&at, json!({ "teams": [{ "team": team }] }));
    assert_eq!((status, &edited["status"]), (200, &json!("awaits_approval")), "{edited}");
    assert_eq!(told(&approve(&looked_at)), (409, "changed-since"));
    assert_eq!(owner.get(&at).1["status"], "awaits_approval", "nothing was agreed to");
    assert_eq!(approve(&revision(&owner)).0, 200);
    assert_eq!(owner.get(&at).1["status"], "open");
}

#[test]
fn where_an_address_has_to_be_shown_and_nothing_shows_any_nobody_is_invited() {
    let firm = Firm::of("balanced");
    let new = json!({ "email": "new@example.com" });
    let (status, answer) = firm.owner().post("/invitations", new.clone());
    assert_eq!((status, &answer["code"]), (409, &json!("nobody-could-accept")), "{answer}");
    let says = answer["detail"].as_str().expect("a sentence");
    assert!(says.contains("invite.address") && says.contains("runs Wardroom"), "{says}");
    // What was sent while the link was enough is worth nothing once it is not.
    set(&firm, "invite.address", json!("any"));
    let (id, link) = invited(&firm.owner(), new);
    let asks = || text(&firm.owner().get(&format!("/invitations/{id}")).1["asks"]);
    assert_eq!(asks(), "any");
    set(&firm, "invite.address", json!("proven"));
    let browser = Browser::new(firm.url());
    let page = browser.get(&link);
    assert!(page.status == 200 && !page.text.contains("/join"), "{}", page.text);
    assert!(page.text.contains("show that this address is yours"), "{}", page.text);
    assert_eq!(asks(), "proven", "who handles it reads what whoever opens it is told");
    assert_eq!(firm.owner().get("/members/new@example.com").0, 404);
    // Sent while the link was enough, it is enough again where that is set again.
    set(&firm, "invite.address", json!("any"));
    assert_eq!(asks(), "any");
    joined(&firm, &link, "New");
}

// rows: C-4
#[test]
fn what_an_invitation_says_wins_over_what_newcomers_get_and_what_it_does_not_say_is_theirs() {
    let firm = open_firm("balanced");
    let (owner, team) = (firm.owner(), firm.team("Newcomers"));
    set(&firm, "join.default_team", json!(team));
    set(&firm, "join.default_profile", json!("no-delete"));
    let upstreams = Upstreams::start();
    firm.connect_stripe(&upstreams);
    let given = json!([{ "integration": "stripe" }]);
    let (_, plain) = invited(&owner, json!({ "email": "plain@example.com", "integrations": given }));
    let chosen = json!({ "email": "chosen@example.com", "role": "admin",
        "teams": [{ "team": team, "role": "team-leader" }] });
    let (_, chosen) = invited(&owner, chosen);
    let (_, nothing) = invited(&owner, json!({ "email": "nothing@example.com" }));
    for link in [&plain, &chosen, &nothing] {
        joined(&firm, link, "New");
    }
    assert_eq!(
        ["plain", "chosen", "nothing"].map(|who| role_at(&firm, &format!("{who}@example.com"))),
        ["member", "admin", "member"]
    );
    let access = |who: &str| owner.get(&format!("/members/{who}@example.com/access")).1["integrations"].clone();
    assert_eq!(access("plain")[0]["profile"], "no-delete");
    assert_eq!(access("nothing"), json!([]), "a newcomer about whom nothing was said has nothing");
    let mut places: Vec<String> = firm.places(&team).into_iter().map(|(_, role)| role).collect();
    places.sort();
    assert_eq!(places, ["team-leader", "team-member", "team-member"]);
}

// rows: SW-10
#[test]
fn in_swiftask_the_owner_assigns_roles_when_inviting() {
    let firm = open_firm("swiftask");
    let roles = firm.owner().get("/roles").1;
    let roles = roles["items"].as_array().expect("roles").iter();
    let for_people = roles.filter(|role| role["assignable_to"]["members"] == true && role["level"] == "organization");
    let mut offered = 0;
    for role in for_people.map(|role| text(&role["id"])).filter(|role| role != "owner") {
        let email = format!("new-{role}@example.com");
        let (_, link) = invited(&firm.owner(), json!({ "email": email, "role": role }));
        joined(&firm, &link, "New");
        assert_eq!(role_at(&firm, &email), role);
        offered += 1;
    }
    assert!(offered >= 4, "{offered}");
}

#[test]
fn a_link_that_is_used_revoked_replaced_declined_or_made_up_gets_one_answer_and_nobody_in() {
    let firm = open_firm("pipeworks");
    let owner = firm.owner();
    let unknown = Browser::new(firm.url()).get("/invitation/wri_0123456789ABCDEFGHIJKLMNOPQRSTUV000000");
    assert_eq!(unknown.status, 404);
    let invite = |name: &str| invited(&owner, json!({ "email": format!("{name}@example.com") }));
    let (_, used) = invite("used");
    joined(&firm, &used, "Used");
    let (id, revoked) = invite("revoked");
    assert_eq!(owner.delete(&format!("/invitations/{id}")).0, 204);
    let (id, replaced) = invite("replaced");
    let (status, again) = owner.post(&format!("/invitations/{id}/resend"), json!({}));
    assert_eq!(status, 200);
    let (id, declined) = invite("declined");
    assert_eq!(press(&Browser::new(firm.url()), &declined, "decline", "").status, 200);
    assert_eq!(status_of(&owner, &id), "declined");
    let flipped: String = used.rsplit('/').next().unwrap().chars().rev().collect();
    for link in [&used, &revoked, &replaced, &declined, &format!("/invitation/{flipped}"), &format!("{used}0")] {
        let browser = Browser::new(firm.url());
        let answer = browser.get(link);
        assert_eq!((answer.status, &answer.text), (404, &unknown.text), "{link}");
        assert_eq!(browser.session().0, 401);
    }
    // A closed one is neither sent again nor edited nor closed twice.
    for (verb, body) in [("/resend", json!({})), ("/approve", json!({ "revision": again["revision"] }))] {
        assert_eq!(owner.post(&format!("/invitations/{id}{verb}"), body).0, 404, "{verb}");
    }
    assert_eq!(owner.delete(&format!("/invitations/{id}")).0, 404);
    // The token opens no other door.
    let token = again["link"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    assert_eq!(firm.with(&token).get("").0, 401);
    assert_eq!(Browser::new(firm.url()).get(&format!("/sign-in/link/{token}")).status, 404);
    // Another site presses no button.
    let browser = Browser::new(firm.url());
    let csrf = browser.get(&path(&again)).csrf();
    let kind = ("content-type", "application/x-www-form-urlencoded");
    let form = format!("csrf={csrf}");
    for (headers, body) in [
        (vec![kind, ("origin", "https://evil.example")], form.as_str()),
        (vec![kind], form.as_str()),
        (vec![kind, ("origin", firm.url())], "csrf=made-up"),
    ] {
        for button in ["join", "decline"] {
            assert_eq!(browser.send("POST", &format!("{}/{button}", path(&again)), &headers, body).status, 403);
        }
    }
    joined(&firm, &path(&again), "New");
}

#[test]
fn of_many_who_accept_one_invitation_at_once_one_joins() {
    let firm = open_firm("pipeworks");
    let (_, link) = invited(&firm.owner(), json!({ "email": "many@example.com" }));
    let ready: Vec<(Browser, String)> = (0..200)
        .map(|_| {
            let browser = Browser::new(firm.url());
            let csrf = browser.get(&link).csrf();
            (browser, csrf)
        })
        .collect();
    let join = format!("{link}/join");
    let mut answers: Vec<u16> = std::thread::scope(|scope| {
        let pressing: Vec<_> =
            ready.iter().map(|(browser, csrf)| scope.spawn(|| browser.submit(&join, csrf).status)).collect();
        pressing.into_iter().map(|pressed| pressed.join().unwrap()).collect()
    });
    answers.sort_unstable();
    // After so many tries that opened nothing, whoever comes from that network is slowed down.
    assert_eq!(answers[0], 303, "{answers:?}");
    assert!(answers[1..].iter().all(|answer| [404, 429].contains(answer)), "{answers:?}");
    let members = firm.owner().get("/members").1;
    assert_eq!(each(&members, "id").len(), 2, "the owner and one newcomer: {members}");
    assert_eq!(ready.iter().filter(|(browser, _)| browser.session().0 == 200).count(), 1);
}

#[test]
fn an_invitation_rests_on_its_inviter_until_somebody_who_may_sends_it_again() {
    let firm = open_firm("pipeworks");
    let (owner, adam) = (firm.owner(), firm.hire("adam", "admin"));
    let (id, link) = invited(&adam.api, json!({ "email": "new@example.com", "role": "member" }));
    assert_eq!(owner.patch(&format!("/members/{}", adam.id), json!({ "role": "member" })).0, 200);
    assert_eq!((status_of(&owner, &id), Browser::new(firm.url()).get(&link).status), ("needs_sponsor".to_owned(), 404));
    assert_eq!(adam.api.post(&format!("/invitations/{id}/resend"), json!({})).0, 403, "it is theirs, and they may not");
    // Raised again, it is as good as before; gone, it is not.
    assert_eq!(owner.patch(&format!("/members/{}", adam.id), json!({ "role": "admin" })).0, 200);
    assert_eq!((status_of(&owner, &id), Browser::new(firm.url()).get(&link).status), ("open".to_owned(), 200));
    assert_eq!(owner.delete(&format!("/members/{}", adam.id)).0, 200);
    assert_eq!(Browser::new(firm.url()).get(&link).status, 404);
    let (status, again) = owner.post(&format!("/invitations/{id}/resend"), json!({}));
    assert_eq!((status, &again["status"]), (200, &json!("open")), "{again}");
    joined(&firm, &path(&again), "New");
}

#[test]
fn nobody_joins_on_the_word_of_an_inviter_whose_removal_was_acknowledged() {
    let firm = open_firm("pipeworks");
    let owner = firm.owner();
    let mut outcomes = [0, 0];
    for round in 0..count(12, 300) {
        let adam = firm.hire(&format!("adam{round}"), "admin");
        let email = format!("new{round}@example.com");
        let (_, link) = invited(&adam.api, json!({ "email": email }));
        let browser = Browser::new(firm.url());
        let csrf = browser.get(&link).csrf();
        let (join, both) = (format!("{link}/join"), Barrier::new(2));
        let (removed, answer) = std::thread::scope(|scope| {
            let removing = scope.spawn(|| {
                both.wait();
                firm.owner().delete(&format!("/members/{}", adam.id)).0
            });
            both.wait();
            let answer = browser.submit(&join, &csrf).status;
            (removing.join().unwrap(), answer)
        });
        assert_eq!(removed, 200);
        let is_here = owner.get(&format!("/members/{email}")).0 == 200;
        assert_eq!((answer == 303, [404, 429].contains(&answer)), (is_here, !is_here), "{answer}");
        // Whoever came came before: the journal has one order.
        if is_here {
            let changes = owner.get("/audit?kind=changes&limit=4").1.to_string();
            let place = |event: &str| changes.find(event).unwrap_or_else(|| panic!("no {event} in {changes}"));
            assert!(place("member.removed") < place("invitation.accepted"), "the newest first: {changes}");
        }
        outcomes[usize::from(is_here)] += 1;
    }
    println!("invitations: {} refused and {} joined while their inviter was removed", outcomes[0], outcomes[1]);
}

#[test]
fn who_is_here_joins_only_the_team_and_who_was_comes_back_as_themselves() {
    let firm = open_firm("balanced");
    let (owner, team) = (firm.owner(), firm.team("Sales"));
    let (_, link) = invited(&owner, json!({ "email": "ann@example.com", "role": "member" }));
    let ann = joined(&firm, &link, "Ann");
    let id = text(&ann.session().1["person"]);
    let to_team = json!({ "email": "ann@example.com", "members_only": true, "teams": [{ "team": team }] });
    let (_, link) = invited(&owner, to_team);
    let stranger = Browser::new(firm.url());
    let page = stranger.get(&link);
    assert!(page.status == 200 && !page.text.contains("/join") && page.text.contains("for members"), "{}", page.text);
    assert_eq!(press(&ann, &link, "join", "").status, 303);
    assert_eq!(firm.places(&team), [(id.clone(), "team-member".to_owned())]);
    // A member is not invited to what they are; nor is anybody twice at once.
    assert_eq!(told(&owner.post("/invitations", json!({ "email": "ANN@example.com" }))), (422, "already-member"));
    let (first, _) = invited(&owner, json!({ "email": "bo@example.com" }));
    assert_eq!(told(&owner.post("/invitations", json!({ "email": "Bo@Example.com" }))), (422, "already-invited"));
    assert_eq!(owner.delete(&format!("/invitations/{first}")).0, 204);
    assert_eq!(owner.post("/invitations", json!({ "email": "bo@example.com" })).0, 201);
    // Removed, they sign in no more with what they had here, and come back under the same id.
    assert_eq!(owner.delete(&format!("/members/{id}")).0, 200);
    let (_, link) = invited(&owner, json!({ "email": "ann@example.com", "role": "member" }));
    assert_eq!(press(&ann, &link, "join", "").status, 303);
    assert_eq!(owner.get(&format!("/members/{id}")).1["status"], "active");
    assert_eq!(each(&owner.get("/members").1, "id").len(), 2);
    assert_eq!(firm.places(&team), [], "what they had had is gone");
}

#[test]
fn an_edited_invitation_gives_what_it_offers_now_on_the_word_of_who_edited_it() {
    let firm = open_firm("pipeworks");
    let (owner, adam) = (firm.owner(), firm.hire("adam", "admin"));
    let (id, link) = invited(&adam.api, json!({ "email": "new@example.com", "role": "member" }));
    let at = format!("/invitations/{id}");
    assert_eq!(adam.api.patch(&at, json!({ "role": "admin" })).0, 403, "to edit is to offer");
    let (status, edited) = owner.patch(&at, json!({ "role": "admin", "note": "hello" }));
    assert_eq!((status, &edited["role"], &edited["mine"]), (200, &json!("admin"), &json!(true)), "{edited}");
    // It is the owner's now, whatever becomes of the first inviter.
    assert_eq!(owner.delete(&format!("/members/{}", adam.id)).0, 200);
    joined(&firm, &link, "New");
    assert_eq!(role_at(&firm, "new@example.com"), "admin");
}

#[test]
fn another_organizations_invitations_are_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let companies = ["north", "south"].map(|name| init(folder.path(), name, &format!("{name}@example.com")));
    let server = Server::start(folder.path());
    let [north, south] = companies.map(|(org, key)| Api::at(&server.url, &org, &key));
    assert_eq!(north.patch("", json!({ "settings": { "invite.address": "any" } })).0, 200);
    let (id, _) = invited(&north, json!({ "email": "new@example.com" }));
    let at = format!("/invitations/{id}");
    let unknown = south.get("/invitations/inv_zzzzzzzzzzzzzzzzzzzz");
    assert_eq!((south.get(&at), unknown.0), (unknown.clone(), 404));
    assert_eq!(south.patch(&at, json!({ "note": "x" })).0, 404);
    assert_eq!(south.delete(&at).0, 404);
    for (verb, body) in [("resend", json!({})), ("approve", json!({ "revision": north.get(&at).1["revision"] }))] {
        assert_eq!(south.post(&format!("{at}/{verb}"), body).0, 404, "{verb}");
    }
    assert_eq!(each(&south.get("/invitations?status=all").1, "id"), Vec::<String>::new());
    assert_eq!(each(&north.get("/invitations").1, "id"), [id]);
}

#[test]
fn whoever_joins_by_a_link_has_no_claim_to_the_address_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let companies = ["north", "south"].map(|name| init(folder.path(), name, &format!("{name}@example.com")));
    let server = Server::start(folder.path());
    let [north, south] = companies.map(|(org, key)| Api::at(&server.url, &org, &key));
    assert_eq!(north.patch("", json!({ "settings": { "invite.address": "any" } })).0, 200);
    let (_, link) = invited(&north, json!({ "email": "victim@example.com" }));
    let browser = Browser::new(&server.url);
    assert_eq!(press(&browser, &link, "join", "Mallory").status, 303);
    // South takes in the person of that address by hand: that is somebody else, and their session opens nothing there.
    let taken_in = json!({ "email": "victim@example.com", "name": "Victim", "role": "member" });
    let (status, victim) = south.post("/members", taken_in);
    assert_eq!(status, 201, "{victim}");
    let who = browser.session().1;
    assert_ne!(victim["id"], who["person"]);
    assert_eq!(who["organizations"].as_array().map(Vec::len), Some(1), "{who}");
}

#[test]
fn many_are_invited_at_once_each_with_a_result_of_their_own() {
    let firm = open_firm("pipeworks");
    let owner = firm.owner();
    let rows = json!({ "invitations": [{ "email": "a@example.com" }, { "email": "nobody" },
        { "email": "a@example.com" }, { "email": "b@example.com", "role": "unheard-of" }, { "email": "c@example.com" }] });
    let (status, results) = owner.post("/invitations/bulk", rows);
    assert_eq!((status, &results["sent"], &results["refused"]), (200, &json!(2), &json!(3)), "{results}");
    let code = |row: usize| results["items"][row]["problem"]["code"].as_str().unwrap_or("sent");
    assert_eq!([0, 1, 2, 3, 4].map(code), ["sent", "invalid", "already-invited", "no-such-role", "sent"]);
    let link = results["items"][4]["invitation"].clone();
    joined(&firm, &path(&link), "C");
    let too_many: Vec<Value> = (0..501).map(|number| json!({ "email": format!("p{number}@example.com") })).collect();
    assert_eq!(owner.post("/invitations/bulk", json!({ "invitations": too_many })).0, 422);
    assert_eq!(owner.post("/invitations/bulk", json!({ "invitations": [] })).0, 422);
    assert_eq!(each(&owner.get("/invitations").1, "email"), ["a@example.com"], "nothing of that was sent");
}

#[test]
fn who_is_invited_stands_in_the_list_of_members_and_what_they_would_get_is_told_before() {
    let firm = open_firm("balanced");
    let owner = firm.owner();
    let new = json!({ "email": "ann@example.com", "name": "Ann", "role": "admin" });
    let preview = firm.owner().header("wardroom-preview", "true");
    let (status, impact) = preview.post("/invitations", new.clone());
    assert_eq!((status, &impact["preview"]), (200, &json!(true)), "{impact}");
    let told = impact.to_string();
    assert!(told.contains("Ann") && told.contains("member.add"), "{told}");
    assert_eq!(each(&owner.get("/invitations").1, "id"), Vec::<String>::new(), "to be told changes nothing");
    let (id, _) = invited(&owner, new);
    let (_, found) = owner.get("/members?status=invited");
    let ann = &found["items"][0];
    let shown = [&ann["id"], &ann["email"], &ann["role"], &ann["status"], &ann["joined_at"]];
    assert_eq!(shown, [&json!(id), &json!("ann@example.com"), &json!("admin"), &json!("invited"), &Value::Null]);
    assert_eq!(each(&owner.get("/members?status=expired").1, "id"), Vec::<String>::new());
    assert_eq!(each(&firm.hire("mia", "member").api.get("/members?status=invited").1, "id"), Vec::<String>::new());
    assert_eq!(owner.get("/members?status=gone").0, 422);
}

#[test]
fn a_table_that_is_sent_again_while_it_is_still_read_invites_nobody_twice() {
    let firm = open_firm("balanced");
    let rows: Vec<Value> = (0..20).map(|number| json!({ "email": format!("new{number}@example.com") })).collect();
    let send = || {
        let (status, results) = firm.owner().post("/invitations/bulk", json!({ "invitations": rows }));
        assert_eq!(status, 200, "{results}");
        let refused = results["items"].as_array().expect("rows").iter().filter(|row| row["invitation"].is_null());
        let codes: Vec<String> = refused.map(|row| text(&row["problem"]["code"])).collect();
        assert!(codes.iter().all(|code| code == "already-invited"), "{results}");
        results["sent"].as_u64().expect("a number")
    };
    let sent: u64 = std::thread::scope(|scope| {
        let sending: Vec<_> = (0..4).map(|_| scope.spawn(send)).collect();
        sending.into_iter().map(|sent| sent.join().expect("an answer")).sum()
    });
    assert_eq!((sent, send()), (20, 0));
    let mut open = each(&firm.owner().get("/invitations?limit=1000").1, "email");
    open.sort();
    open.dedup();
    assert_eq!(open.len(), 20);
}

#[test]
fn whoever_has_a_link_is_not_told_how_many_people_fit() {
    let folder = tempfile::tempdir().unwrap();
    let (org, key) = init(folder.path(), "full", "owner@example.com");
    let server = Server::start_with(folder.path(), &["--members-max", "1"]);
    let owner = Api::at(&server.url, &org, &key);
    assert_eq!(owner.patch("", json!({ "settings": { "invite.address": "any" } })).0, 200);
    let (id, link) = invited(&owner, json!({ "email": "new@example.com" }));
    let refused = press(&Browser::new(&server.url), &link, "join", "New");
    assert_eq!(refused.status, 409, "{}", refused.text);
    assert!(refused.text.contains("cannot be accepted at the moment"), "{}", refused.text);
    assert!(refused.text.contains("whoever invited you"), "{}", refused.text);
    for told in ["at most", "members-max", "remove somebody"] {
        assert!(!refused.text.contains(told), "{}", refused.text);
    }
    assert_eq!(status_of(&owner, &id), "open", "it can be accepted once there is room");
}
