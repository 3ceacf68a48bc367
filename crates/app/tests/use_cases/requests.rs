//! Access requests, from the denial to the end of what was granted, with the clock in hand.

use app::access::Whose;
use app::ask::Wording;
use app::grants::{GrantChange, Receiver};
use app::impact::Mode;
use app::requests::{Choice, Page, RequestDetail, RequestToOpen, Term, Told, Which};
use app::resources::{ResourceChange, ResourceToMake, Sharing};
use app::roles::{NewRole, RoleChange};
use app::{Caller, Problem};
use domain::event;
use domain::grant::Profile;
use domain::key::KeyScope;
use domain::organization::{GrantsTo, SettingChange};
use domain::permission::Holding;
use domain::request::{RequestState, Wanted};
use domain::resource::{ResourceKind, Shared};
use domain::role::RoleLevel;

use crate::world::{Acme, MEMBER, STRIPE, World, code_of};

const HOUR_MS: i64 = 3_600_000;
const REFUND: &str = "stripe/create_refund";

fn call(tool: &str) -> RequestToOpen {
    let (action, kind, name) = ("call".to_owned(), "tool".to_owned(), tool.to_owned());
    let wording = Wording { action, kind, name, role: None };
    RequestToOpen { wording, note: Some("a customer of quartz waits".to_owned()), lasts_ms: None }
}

/// Acme, where the member has stripe without refunds.
async fn with_stripe() -> (World, Acme) {
    let world = World::new();
    let acme = world.acme().await;
    let tools_off = Some(["create_refund".to_owned()].into());
    let change = GrantChange { profile: Some(Profile::NoDelete), tools_off, expires_at: None };
    world.app.set_grant(&acme.admin, Receiver::Member(MEMBER), "stripe", change).await.unwrap();
    (world, acme)
}

async fn listed(world: &World, caller: &Caller) -> Page {
    let which = Which { limit: 100, ..Which::default() };
    world.app.list_requests(caller, which).await.unwrap()
}

fn id(detail: &RequestDetail) -> String {
    detail.view.request.asked.id.to_string()
}

fn for_an_hour() -> Choice<'static> {
    Choice { remedy: None, term: Term::For(HOUR_MS) }
}

#[tokio::test]
async fn what_was_denied_is_asked_for_granted_for_an_hour_and_denied_again_at_its_end() {
    let (world, acme) = with_stripe().await;
    let (app, member) = (&world.app, &acme.member);
    let opened = app.open_request(member, &call(REFUND)).await.unwrap();
    assert_eq!(opened.view.says, "call create_refund of STRIPE");
    assert_eq!(opened.view.note.as_deref(), Some("a customer of quartz waits"));
    assert!(opened.view.mine && !opened.view.may_decide && !opened.allowed);
    assert_eq!(opened.waits_for.len(), 2, "{:?}", opened.waits_for);
    assert!(opened.remedies.iter().all(|remedy| !remedy.may_make && remedy.impact.is_empty()));

    let theirs = listed(&world, &acme.admin).await.items;
    assert!(theirs.len() == 1 && theirs[0].may_decide && !theirs[0].mine, "{theirs:?}");
    assert_eq!((theirs[0].requester.as_str(), listed(&world, member).await.items.len()), ("Mona Gneiss", 1));
    let shown = app.show_request(&acme.admin, &id(&opened)).await.unwrap();
    let [remedy] = shown.remedies.as_slice() else { panic!("{:?}", shown.remedies) };
    assert!(remedy.may_make && remedy.may_end, "{remedy:?}");
    assert_eq!(remedy.says, ["assign STRIPE: read and change, never delete"]);
    assert_eq!(remedy.impact, ["Mona Gneiss: gains 1 tool of stripe"]);

    let before = world.journal.head(acme.org.into()).await.unwrap();
    let granted = app.grant_request(&acme.admin, &id(&opened), for_an_hour()).await.unwrap();
    let written = world.events(acme.org).await.split_off(usize::try_from(before).unwrap());
    let names: Vec<_> = written.iter().map(|stored| event::decode(&stored.body).unwrap().name()).collect();
    assert_eq!(names, ["grant.lent", "request.granted"], "one after the other, in one commit");
    let RequestState::Granted { until, changes, .. } = &granted.view.request.state else { panic!("{granted:?}") };
    assert_eq!((*until, changes.as_slice()), (Some(app.now().plus_ms(HOUR_MS)), &[before + 1][..]));
    assert_eq!(granted.view.decided_by.as_deref(), Some("Adam Feldspar"));
    assert_eq!(STRIPE.map(|tool| world.may_call(member, "stripe", tool)), [true, true, false]);
    let access = app.show_access(member, Whose::Mine, None).await.unwrap();
    assert_eq!(access.integrations[0].given.len(), 2, "the grant, and what is lent beside it");

    world.clock.advance_ms(HOUR_MS - 1);
    assert!(world.may_call(member, "stripe", "create_refund"));
    world.clock.advance_ms(1);
    assert_eq!(STRIPE.map(|tool| world.may_call(member, "stripe", tool)), [true, false, false], "as it was before");
    let again = app.open_request(member, &call(REFUND)).await.unwrap();
    assert_ne!(id(&again), id(&opened), "it can be asked for anew");
}

#[tokio::test]
async fn the_same_question_again_is_answered_with_the_request_that_waits() {
    let (world, acme) = with_stripe().await;
    let first = world.app.open_request(&acme.member, &call(REFUND)).await.unwrap();
    let before = world.heads(acme.org).await;
    let again = world.app.open_request(&acme.member, &call(REFUND)).await.unwrap();
    assert!(first.is_new && !again.is_new);
    assert_eq!((id(&first), world.heads(acme.org).await), (id(&again), before));
}

#[tokio::test]
async fn what_is_allowed_or_hidden_or_not_there_is_not_asked_for_and_hidden_is_as_not_there() {
    let (world, acme) = with_stripe().await;
    let (app, before) = (&world.app, world.heads(acme.org).await);
    assert_eq!(code_of(app.open_request(&acme.member, &call("stripe/list_customers")).await), "already-allowed");
    let told = |tool: &'static str| {
        let (app, member) = (world.app.clone(), acme.member.clone());
        async move { format!("{:?}", app.open_request(&member, &call(tool)).await.unwrap_err()) }
    };
    let absent = told("nothing/send_mail").await;
    assert!(absent.contains("Missing"), "{absent}");
    assert_eq!(told("mail/send_mail").await, absent, "an integration that is hidden");
    assert_eq!(told("mail/nothing").await, absent);
    assert_eq!(told("stripe/nothing").await, absent);
    let about = |name: &str| RequestToOpen {
        wording: Wording { action: "remove".to_owned(), kind: "member".to_owned(), name: name.to_owned(), role: None },
        note: None,
        lasts_ms: None,
    };
    let viewer_less = app.open_request(&acme.member, &about("nobody@acme.example")).await;
    assert_eq!(code_of(viewer_less), "missing");
    let mut long = call(REFUND);
    long.note = Some("x".repeat(501));
    assert_eq!(code_of(app.open_request(&acme.member, &long).await), "note");
    assert_eq!(world.heads(acme.org).await, before, "nothing was written");
}

#[tokio::test]
async fn nobody_sees_or_decides_what_they_could_not_do_by_hand() {
    let (world, acme) = with_stripe().await;
    let app = &world.app;
    let other = world.add(&acme.owner, "opal@acme.example", "Opal Flint", "member").await.unwrap();
    let other = world.caller(crate::world::first_key(&other)).await;
    let request = id(&app.open_request(&acme.member, &call(REFUND)).await.unwrap());
    let before = world.heads(acme.org).await;
    assert!(listed(&world, &other).await.items.is_empty());
    for answer in [
        app.show_request(&other, &request).await,
        app.grant_request(&other, &request, Choice::default()).await,
        app.refuse_request(&other, &request, "no").await,
        app.withdraw_request(&other, &request).await,
        app.withdraw_request(&acme.admin, &request).await,
        app.show_request(&acme.admin, "req_00000000000000000000").await,
    ] {
        assert_eq!(code_of(answer), "missing");
    }
    let own = app.grant_request(&acme.member, &request, Choice::default()).await;
    assert_eq!(code_of(own), "lacks-permission", "one's own is seen, and granted by nobody who could not by hand");
    assert_eq!(code_of(app.refuse_request(&acme.member, &request, "no").await), "lacks-permission");
    assert_eq!(world.heads(acme.org).await, before, "nothing was written");
    assert_eq!(code_of(app.refuse_request(&acme.admin, &request, " ").await), "reason");
    let unknown = Choice { remedy: Some("0000000000000000"), ..Choice::default() };
    assert_eq!(code_of(app.grant_request(&acme.admin, &request, unknown).await), "remedy");
}

#[tokio::test]
async fn a_refusal_tells_its_reason_and_a_withdrawn_request_is_decided_by_nobody() {
    let (world, acme) = with_stripe().await;
    let (app, member) = (&world.app, &acme.member);
    let wanted = Wanted::CallTool {
        integration: member.live.snapshot().integration_by_slug("stripe").unwrap().id,
        tool: "create_refund".to_owned(),
    };
    assert_eq!(app.request_told(member, &wanted).await.unwrap(), None);
    let first = id(&app.open_request(member, &call(REFUND)).await.unwrap());
    let told = app.request_told(member, &wanted).await.unwrap();
    assert!(matches!(told, Some(Told::Waits { waits_for, .. }) if waits_for.len() == 2));
    app.refuse_request(&acme.admin, &first, "refunds go through Ada").await.unwrap();
    let shown = app.show_request(member, &first).await.unwrap().view;
    assert_eq!((shown.reason.as_deref(), shown.request.state.as_str()), (Some("refunds go through Ada"), "refused"));
    let told = app.request_told(member, &wanted).await.unwrap();
    let Some(Told::Refused { by, reason, .. }) = told else { panic!("{told:?}") };
    assert_eq!((by.as_deref(), reason.as_deref()), (Some("Adam Feldspar"), Some("refunds go through Ada")));
    assert_eq!(code_of(app.grant_request(&acme.admin, &first, Choice::default()).await), "request-closed");

    let second = id(&app.open_request(member, &call(REFUND)).await.unwrap());
    app.withdraw_request(member, &second).await.unwrap();
    assert_eq!(app.request_told(member, &wanted).await.unwrap(), None);
    assert_eq!(code_of(app.grant_request(&acme.admin, &second, Choice::default()).await), "request-closed");
    let mine = Which { state: Some("withdrawn"), mine: true, limit: 1, cursor: None };
    assert_eq!(app.list_requests(member, mine).await.unwrap().items.len(), 1);
    let page = app.list_requests(member, Which { limit: 1, ..Which::default() }).await.unwrap();
    assert_eq!(page.items[0].request.asked.id.to_string(), second, "the newest first");
    let after = |cursor| Which { limit: 1, cursor, ..Which::default() };
    let rest = app.list_requests(member, after(page.next.as_deref())).await.unwrap();
    assert_eq!(rest.items[0].request.asked.id.to_string(), first);
    assert_eq!(code_of(app.list_requests(member, after(Some("17"))).await), "cursor");
}

#[tokio::test]
async fn a_preview_of_a_grant_changes_nothing_and_a_grant_is_tied_to_the_state_that_was_seen() {
    let (world, acme) = with_stripe().await;
    let app = &world.app;
    let opened = app.open_request(&acme.member, &call(REFUND)).await.unwrap();
    let before = world.heads(acme.org).await;
    let mut previews = acme.admin.clone();
    previews.mode.preview = true;
    let previewed = app.grant_request(&previews, &id(&opened), for_an_hour()).await;
    let Err(Problem::Previewed(impact)) = previewed else { panic!("{previewed:?}") };
    assert_eq!(impact.events, ["grant.lent", "request.granted"]);
    let ends = "Mona Gneiss: what is lent of STRIPE ends at 2023-11-14T23:13:20.000Z";
    assert_eq!(impact.summary(), ["Mona Gneiss: gains 1 tool of stripe", ends]);
    assert_eq!(world.heads(acme.org).await, before);

    let mut tied = acme.admin.clone();
    tied.mode.expected_seq = Some(opened.seq);
    world.workspace_key(&acme.owner, domain::key::KeyScope::All).await.unwrap();
    assert_eq!(code_of(app.grant_request(&tied, &id(&opened), for_an_hour()).await), "moved");
    assert!(!world.may_call(&acme.member, "stripe", "create_refund"));
    tied.mode.expected_seq = Some(app.show_request(&acme.admin, &id(&opened)).await.unwrap().seq);
    app.grant_request(&tied, &id(&opened), for_an_hour()).await.unwrap();
}

#[tokio::test]
async fn nothing_is_given_for_longer_than_was_wished_unless_whoever_decides_says_so() {
    let (world, acme) = with_stripe().await;
    let app = &world.app;
    let wished = |tool| RequestToOpen { lasts_ms: Some(HOUR_MS), ..call(tool) };
    let refund = id(&app.open_request(&acme.member, &wished(REFUND)).await.unwrap());
    app.grant_request(&acme.admin, &refund, Choice::default()).await.unwrap();
    let delete = id(&app.open_request(&acme.member, &wished("stripe/delete_customer")).await.unwrap());
    let remedy = app.show_request(&acme.admin, &delete).await.unwrap().remedies[0].id.clone();
    let good = Choice { remedy: Some(&remedy), term: Term::Good };
    app.grant_request(&acme.admin, &delete, good).await.unwrap();
    assert_eq!(STRIPE.map(|tool| world.may_call(&acme.member, "stripe", tool)), [true, true, true]);
    world.clock.advance_ms(HOUR_MS);
    assert_eq!(STRIPE.map(|tool| world.may_call(&acme.member, "stripe", tool)), [true, false, true]);
}

#[tokio::test]
async fn what_is_granted_for_good_leaves_what_was_lent_and_what_is_set_by_hand_ends_it() {
    let (world, acme) = with_stripe().await;
    let (app, member) = (&world.app, &acme.member);
    let refund = id(&app.open_request(member, &call(REFUND)).await.unwrap());
    let delete = id(&app.open_request(member, &call("stripe/delete_customer")).await.unwrap());
    app.grant_request(&acme.admin, &refund, for_an_hour()).await.unwrap();
    let remedy = app.show_request(&acme.admin, &delete).await.unwrap().remedies[0].id.clone();
    let good = Choice { remedy: Some(&remedy), term: Term::Good };
    app.grant_request(&acme.admin, &delete, good).await.unwrap();
    assert_eq!(STRIPE.map(|tool| world.may_call(member, "stripe", tool)), [true, true, true]);
    world.clock.advance_ms(HOUR_MS);
    assert_eq!(STRIPE.map(|tool| world.may_call(member, "stripe", tool)), [true, false, true]);

    let refund = id(&app.open_request(member, &call(REFUND)).await.unwrap());
    app.grant_request(&acme.admin, &refund, for_an_hour()).await.unwrap();
    let looking = Caller { mode: Mode { preview: true, ..Mode::default() }, ..acme.admin.clone() };
    // Also where nobody loses anything at this moment.
    for (profile, first) in
        [(Profile::ReadOnly, "Mona Gneiss: loses 2 tools of stripe"), (Profile::Full, "nobody gains")]
    {
        let change = GrantChange { profile: Some(profile), tools_off: Some([].into()), expires_at: None };
        let looked = app.set_grant(&looking, Receiver::Member(MEMBER), "stripe", change).await;
        let Err(Problem::Previewed(impact)) = looked else { panic!("{looked:?}") };
        let [told, given, lent] = impact.summary().try_into().unwrap();
        assert!(told.starts_with(first), "{told}");
        assert_eq!(given, "Mona Gneiss: what is given of STRIPE has no end");
        let over = "what is lent of STRIPE ends at 2023-11-14T23:13:20.000Z, and no longer at 2023-11-15T00:13:20.000Z";
        assert_eq!(lent, format!("Mona Gneiss: {over}"));
    }
    world.give(&acme.admin, Receiver::Member(MEMBER), "stripe", Profile::ReadOnly).await.unwrap();
    assert_eq!(STRIPE.map(|tool| world.may_call(member, "stripe", tool)), [true, false, false], "set is set");
}

/// Gives the member stripe in full without refunds, until so many hours from now.
async fn in_full_for(world: &World, acme: &Acme, hours: i64) {
    let (tools_off, end) = (["create_refund".to_owned()].into(), world.app.now().plus_ms(hours * HOUR_MS));
    let (profile, expires_at) = (Some(Profile::Full), Some(Some(end)));
    let change = GrantChange { profile, tools_off: Some(tools_off), expires_at };
    world.app.set_grant(&acme.admin, Receiver::Member(MEMBER), "stripe", change).await.unwrap();
}

#[tokio::test]
async fn of_a_grant_that_has_ended_nothing_comes_back_but_the_tool_that_was_asked_for() {
    let (world, acme) = with_stripe().await;
    let (app, member) = (&world.app, &acme.member);
    let to_roles = vec![SettingChange::GrantsTo([GrantsTo::Person, GrantsTo::Role].into())];
    app.change_settings(&acme.owner, None, to_roles).await.unwrap();
    // So that the member may know of stripe.
    let all = STRIPE.map(str::to_owned).into();
    let change = GrantChange { profile: Some(Profile::ReadOnly), tools_off: Some(all), expires_at: None };
    app.set_grant(&acme.admin, Receiver::Role("member"), "stripe", change).await.unwrap();
    for term in [Term::For(HOUR_MS), Term::Good] {
        in_full_for(&world, &acme, 1).await;
        world.clock.advance_ms(HOUR_MS);
        assert_eq!(STRIPE.map(|tool| world.may_call(member, "stripe", tool)), [false; 3]);
        let opened = app.open_request(member, &call("stripe/list_customers")).await.unwrap();
        let choice = Choice { remedy: Some(&opened.remedies[0].id), term };
        app.grant_request(&acme.admin, &id(&opened), choice).await.unwrap();
        assert_eq!(STRIPE.map(|tool| world.may_call(member, "stripe", tool)), [true, false, false]);
    }
}

#[tokio::test]
async fn a_grant_that_ends_is_not_drawn_out_by_what_is_asked_for_besides() {
    let (world, acme) = with_stripe().await;
    let (app, member) = (&world.app, &acme.member);
    let may = || STRIPE.map(|tool| world.may_call(member, "stripe", tool));
    // Lent for longer, the tool alone outlasts the rest.
    in_full_for(&world, &acme, 2).await;
    let refund = id(&app.open_request(member, &call(REFUND)).await.unwrap());
    let longer = Choice { term: Term::For(5 * HOUR_MS), ..Choice::default() };
    app.grant_request(&acme.admin, &refund, longer).await.unwrap();
    assert_eq!(may(), [true; 3]);
    world.clock.advance_ms(2 * HOUR_MS);
    assert_eq!(may(), [false, true, false]);
    world.clock.advance_ms(3 * HOUR_MS);
    assert_eq!(may(), [false; 3]);

    // For good, it is part of what is had, and ends with it; whoever decides and whoever asked are told so.
    in_full_for(&world, &acme, 2).await;
    let end = app.now().plus_ms(2 * HOUR_MS);
    let refund = id(&app.open_request(member, &call(REFUND)).await.unwrap());
    let shown = app.show_request(&acme.admin, &refund).await.unwrap();
    assert_eq!(shown.remedies[0].says, [format!("assign STRIPE: read, change and delete, until {end}")]);
    let granted = app.grant_request(&acme.admin, &refund, Choice::default()).await.unwrap();
    let RequestState::Granted { until, .. } = &granted.view.request.state else { panic!("{granted:?}") };
    assert_eq!((*until, may()), (Some(end), [true; 3]));
    world.clock.advance_ms(2 * HOUR_MS);
    assert_eq!(may(), [false; 3]);
}

#[tokio::test]
async fn a_change_that_cannot_end_is_granted_for_good_alone_and_one_of_several_is_chosen() {
    let world = World::new();
    let acme = world.acme().await;
    let app = &world.app;
    let wording =
        Wording { action: "member.add".to_owned(), kind: "organization".to_owned(), name: String::new(), role: None };
    let open = RequestToOpen { wording, note: None, lasts_ms: Some(HOUR_MS) };
    let opened = app.open_request(&acme.member, &open).await.unwrap();
    assert!(opened.remedies.len() > 1 && opened.remedies.iter().all(|remedy| !remedy.may_end), "{opened:?}");
    let several = app.grant_request(&acme.owner, &id(&opened), for_an_hour()).await;
    assert_eq!(code_of(several), "choose-a-remedy");
    let remedy = opened.remedies[0].id.clone();
    let choose = |term| Choice { remedy: Some(&remedy), term };
    assert_eq!(code_of(app.grant_request(&acme.owner, &id(&opened), choose(Term::For(HOUR_MS))).await), "cannot-end");
    // Only owners make somebody an admin here.
    assert!(listed(&world, &acme.admin).await.items.is_empty());
    let denied = app.grant_request(&acme.admin, &id(&opened), choose(Term::Good)).await;
    assert_eq!(code_of(denied), "missing");
    app.grant_request(&acme.owner, &id(&opened), choose(Term::Good)).await.unwrap();
    let role = app.show_access(&acme.owner, Whose::Member(MEMBER), None).await.unwrap().role;
    assert_eq!(role.as_deref(), Some("admin"));
}

#[tokio::test]
async fn with_whoever_asked_go_their_requests_and_what_was_written_in_them() {
    let (world, acme) = with_stripe().await;
    let app = &world.app;
    let refund = id(&app.open_request(&acme.member, &call(REFUND)).await.unwrap());
    let delete = id(&app.open_request(&acme.member, &call("stripe/delete_customer")).await.unwrap());
    app.refuse_request(&acme.admin, &refund, "ask Ada of quartz").await.unwrap();
    let texts = || async {
        let labels = world.journal.labels(acme.org).await.unwrap();
        labels.into_iter().filter(|label| label.id.starts_with("req_")).map(|label| label.label).collect::<Vec<_>>()
    };
    assert_eq!(texts().await.len(), 3);
    app.remove_member(&acme.owner, MEMBER).await.unwrap();
    assert_eq!(texts().await, Vec::<String>::new());
    let bot = world.workspace_key(&acme.owner, KeyScope::Granted).await.unwrap();
    let (key, secret) = (bot.id.to_string(), bot.secret.reveal().to_owned());
    world.give(&acme.owner, Receiver::Key(&key), "stripe", Profile::ReadOnly).await.unwrap();
    app.open_request(&world.caller(&secret).await, &call(REFUND)).await.unwrap();
    assert_eq!(texts().await.len(), 1);
    app.revoke_key(&acme.owner, &key).await.unwrap();
    assert_eq!(texts().await, Vec::<String>::new(), "and with a key");
    for gone in [&refund, &delete] {
        assert_eq!(code_of(app.show_request(&acme.owner, gone).await), "missing", "the record alone has it");
    }
    let bodies: Vec<Vec<u8>> = world.events(acme.org).await.into_iter().map(|stored| stored.body).collect();
    let quartz = bodies.iter().find(|body| String::from_utf8_lossy(body).contains("quartz"));
    assert_eq!(quartz, None, "no event holds what people wrote");
}

#[tokio::test]
async fn a_request_that_was_given_by_hand_is_closed_by_whoever_reads_the_record_and_decides_about_the_one_who_asked() {
    let (world, acme) = with_stripe().await;
    let app = &world.app;
    let hired = async |role: &str, held: &[&str]| {
        let change = RoleChange { permissions: Some(Holding::parse(held).unwrap()), ..RoleChange::default() };
        let new = NewRole { id: None, title: role.to_owned(), level: RoleLevel::Organization, change };
        app.create_role(&acme.owner, new).await.unwrap();
        let added = world.add(&acme.owner, &format!("{role}@acme.example"), role, role).await.unwrap();
        world.caller(crate::world::first_key(&added)).await
    };
    let reads = hired("reads", &["audit.read"]).await;
    let gives = hired("gives", &["member.view", "role.view", "role.assign"]).await;
    let request = id(&app.open_request(&acme.member, &call(REFUND)).await.unwrap());
    let open = async |caller: &Caller| {
        let which = Which { state: Some("open"), limit: 10, ..Which::default() };
        app.list_requests(caller, which).await.unwrap().items.len()
    };
    assert_eq!(open(&acme.admin).await, 1);
    world.give(&acme.admin, Receiver::Member(MEMBER), "stripe", Profile::Full).await.unwrap();
    let off = GrantChange { tools_off: Some([].into()), ..GrantChange::default() };
    app.set_grant(&acme.admin, Receiver::Member(MEMBER), "stripe", off).await.unwrap();
    for other in [&reads, &gives] {
        assert_eq!(open(other).await, 0);
        assert_eq!(code_of(app.show_request(other, &request).await), "missing");
        assert_eq!(code_of(app.refuse_request(other, &request, "done").await), "missing");
    }
    assert_eq!(code_of(app.refuse_request(&acme.member, &request, "done").await), "already-allowed");
    let shown = app.show_request(&acme.admin, &request).await.unwrap();
    assert!(shown.allowed && shown.view.may_decide && shown.remedies.is_empty(), "{shown:?}");
    assert_eq!(code_of(app.grant_request(&acme.admin, &request, Choice::default()).await), "already-allowed");
    app.refuse_request(&acme.admin, &request, "given by hand").await.unwrap();
    assert_eq!((open(&acme.admin).await, open(&acme.member).await), (0, 0));
    assert!(world.may_call(&acme.member, "stripe", "create_refund"), "and what was given stays");
}

#[tokio::test]
async fn a_request_ends_with_the_integration_that_it_is_about_and_what_is_pushed_out_takes_its_texts_along() {
    let (world, acme) = with_stripe().await;
    let (app, member) = (&world.app, &acme.member);
    let texts = async || {
        let labels = world.journal.labels(acme.org).await.unwrap();
        labels.into_iter().filter(|label| label.id.starts_with("req_")).count()
    };
    for _ in 0..19 {
        let request = id(&app.open_request(member, &call(REFUND)).await.unwrap());
        app.withdraw_request(member, &request).await.unwrap();
    }
    let refund = id(&app.open_request(member, &call(REFUND)).await.unwrap());
    let delete = id(&app.open_request(member, &call("stripe/delete_customer")).await.unwrap());
    assert_eq!((listed(&world, member).await.items.len(), texts().await), (21, 21));
    app.disconnect_integration(&acme.owner, "stripe").await.unwrap();
    for ended in [&refund, &delete] {
        assert_eq!(app.show_request(member, ended).await.unwrap().view.request.state.as_str(), "ended");
    }
    assert_eq!(listed(&world, member).await.items.len(), 20);
    assert_eq!(texts().await, 20, "of what is listed no longer nothing is kept");
}

#[tokio::test]
async fn whoever_may_give_it_for_a_time_alone_grants_what_was_wished_for_a_time_and_refuses_it() {
    let world = World::new();
    let acme = world.acme().await;
    let app = &world.app;
    let to = vec![SettingChange::GrantsTo([GrantsTo::Person, GrantsTo::Team].into())];
    app.change_settings(&acme.owner, None, to).await.unwrap();
    let held = Holding::parse(["team.view", "team.assign"]).unwrap();
    let change = RoleChange { permissions: Some(held), ..RoleChange::default() };
    let lead = NewRole { id: None, title: "Lead".to_owned(), level: RoleLevel::Team, change };
    app.create_role(&acme.owner, lead).await.unwrap();
    let mate = NewRole { id: None, title: "Mate".to_owned(), level: RoleLevel::Team, change: RoleChange::default() };
    app.create_role(&acme.owner, mate).await.unwrap();
    let team = app.create_team(&acme.owner, "Sales".to_owned()).await.unwrap().id.to_string();
    let added = world.add(&acme.owner, "lee@acme.example", "Lee Slate", "member").await.unwrap();
    let lee = world.caller(crate::world::first_key(&added)).await;
    app.set_team_member(&acme.owner, (&team, "lee@acme.example"), Some("lead")).await.unwrap();
    app.set_team_member(&acme.owner, (&team, MEMBER), Some("mate")).await.unwrap();
    let (profile, friday) = (Some(Profile::Full), Some(Some(app.now().plus_ms(3 * HOUR_MS))));
    let change = GrantChange { profile, tools_off: None, expires_at: friday };
    app.set_grant(&acme.owner, Receiver::Member("lee@acme.example"), "stripe", change).await.unwrap();
    // Who reads is told of the tool, so that it can be asked for.
    let reads = GrantChange { profile: Some(Profile::ReadOnly), tools_off: None, expires_at: None };
    app.set_grant(&acme.owner, Receiver::Member(MEMBER), "stripe", reads).await.unwrap();

    let wished = async |lasts_ms| {
        let opened = app.open_request(&acme.member, &RequestToOpen { lasts_ms, ..call(REFUND) }).await.unwrap();
        id(&opened)
    };
    let for_good = wished(None).await;
    assert!(listed(&world, &lee).await.items.is_empty(), "not for good");
    app.withdraw_request(&acme.member, &for_good).await.unwrap();
    let request = wished(Some(HOUR_MS)).await;
    let shown = app.show_request(&lee, &request).await.unwrap();
    assert!(shown.view.may_decide, "{shown:?}");
    let remedy = shown.remedies.iter().find(|remedy| remedy.may_make).unwrap();
    assert!(remedy.impact.last().unwrap().contains("what is lent of STRIPE ends at"), "{remedy:?}");
    let choice = |term| Choice { remedy: Some(&remedy.id), term };
    assert_eq!(code_of(app.grant_request(&lee, &request, choice(Term::Good)).await), "beyond-your-reach");
    app.grant_request(&lee, &request, choice(Term::AsWished)).await.unwrap();
    assert!(world.may_call(&acme.member, "stripe", "create_refund"));
    world.clock.advance_ms(HOUR_MS);
    assert!(!world.may_call(&acme.member, "stripe", "create_refund"));
    let again = wished(Some(HOUR_MS)).await;
    app.refuse_request(&lee, &again, "ask the owner").await.unwrap();
}

#[tokio::test]
async fn whoever_may_share_something_for_a_time_alone_grants_that_for_a_time() {
    let world = World::new();
    let acme = world.acme().await;
    let app = &world.app;
    let added = world.add(&acme.owner, "lee@acme.example", "Lee Slate", "member").await.unwrap();
    let lee = world.caller(crate::world::first_key(&added)).await;
    for (title, words, who) in [
        (
            "Keeper",
            &["member.view", "project.view", "project.share", "project.use:own", "project.edit:own"][..],
            "lee@acme.example",
        ),
        ("Reader", &["organization.view", "project.view", "project.edit:own"], MEMBER),
    ] {
        let change = RoleChange { permissions: Some(Holding::parse(words).unwrap()), ..RoleChange::default() };
        let new = NewRole { id: None, title: title.to_owned(), level: RoleLevel::Organization, change };
        app.create_role(&acme.owner, new).await.unwrap();
        app.change_member_role(&acme.owner, who, &title.to_lowercase()).await.unwrap();
    }
    let made = ResourceToMake { kind: ResourceKind::Project, title: "Plan".to_owned(), tier: None, owner: None };
    let plan = app.create_resource(&acme.owner, made).await.unwrap().id.to_string();
    let friday = Some(app.now().plus_ms(3 * HOUR_MS));
    let until_friday = Sharing { level: Shared::Edit, expires_at: friday };
    app.share_resource(&acme.owner, (&plan, "lee@acme.example"), until_friday).await.unwrap();
    let wished = async |lasts_ms| {
        let (action, kind) = ("edit".to_owned(), "project".to_owned());
        let wording = Wording { action, kind, name: plan.clone(), role: None };
        let opened = app.open_request(&acme.member, &RequestToOpen { wording, note: None, lasts_ms }).await.unwrap();
        id(&opened)
    };
    for longer in [None, Some(4 * HOUR_MS)] {
        let request = wished(longer).await;
        assert!(listed(&world, &lee).await.items.is_empty(), "for longer than Lee has it: {longer:?}");
        app.withdraw_request(&acme.member, &request).await.unwrap();
    }
    let request = wished(Some(HOUR_MS)).await;
    let shown = app.show_request(&lee, &request).await.unwrap();
    let share = shown.remedies.iter().find(|remedy| remedy.may_make).unwrap();
    assert_eq!(share.says, ["share Plan to edit"]);
    app.grant_request(&lee, &request, Choice { remedy: Some(&share.id), term: Term::AsWished }).await.unwrap();
    let rename = async || {
        let edit = ResourceChange { title: Some(format!("Plan {}", app.now().0)), ..ResourceChange::default() };
        app.edit_resource(&acme.member, &plan, edit).await.is_ok()
    };
    assert!(rename().await);
    world.clock.advance_ms(HOUR_MS);
    assert!(!rename().await);
}
