//! The policies about resources, and about records and fields.

use domain::permission::Permission as P;
use domain::resource::ResourceVerb;

use super::phrases::{Policy, all, any, choose, for_good, has_not_ended, holds, lasts_as_long, no_role, setting};

/// The principal may do this with a resource: for all, for their own, for their teams', by a role in a team that has
/// it, or because it is shared with them.
pub(super) fn right_to(verb: ResourceVerb, resource: &str) -> String {
    right_while(verb, resource, (None, &has_not_ended(&format!("{resource}.getTag(principal.id)"))))
}

/// The same for good: neither by a role nor by a share that ends.
pub(super) fn right_for_good(verb: ResourceVerb, resource: &str) -> String {
    for_good(&right_while(verb, resource, (None, &format!("!({resource}.getTag(principal.id) has ends)"))))
}

/// The same for as long as something that is given, where a share counts only while this is so.
fn right_while(verb: ResourceVerb, resource: &str, (given, lasts): (Option<&str>, &str)) -> String {
    let verb_word = verb.as_str();
    let takes = format!("{resource}.kind.{verb_word}");
    let share = format!("{resource}.getTag(principal.id)");
    any([
        right_by(&takes, verb == ResourceVerb::Use, (resource, given)),
        // What a role does not do at all it does not do with what is shared.
        all([
            any([held("own", &takes, given), format!("principal.role == {}", no_role())]),
            format!("{resource}.hasTag(principal.id) && {share}.lets.contains(\"{verb_word}\")"),
            lasts.to_owned(),
        ]),
    ])
}

/// The principal's role holds this so far, for as long as something that is given.
fn held(scope: &str, takes: &str, given: Option<&str>) -> String {
    let held = format!("principal.role.holds.{scope}.contains({takes})");
    match given {
        Some(given) => all([held, lasts_as_long(takes, scope, given)]),
        None => held,
    }
}

/// The same by a permission alone, shares aside.
fn right_by(takes: &str, uses: bool, (resource, given): (&str, Option<&str>)) -> String {
    let held = |scope: &str| held(scope, takes, given);
    let mine = format!("(principal is Wardroom::Member && {resource} has owner && principal == {resource}.owner)");
    // Where everybody uses what they were given alone, to own it is not to have been given it.
    let owns = if uses { all([mine, setting("managers_implicit_access")]) } else { mine };
    let places = |scope: &str| format!("{resource}.teams.containsAny(principal.getTag({takes}).{scope})");
    let by_team_role = any([places("team"), all([owns.clone(), places("own")])]);
    any([
        held("all"),
        all([held("own"), owns]),
        all(["principal is Wardroom::Member".to_owned(), held("team"), format!("principal in {resource}.teams")]),
        all([format!("principal is Wardroom::Member && principal.hasTag({takes})"), by_team_role]),
    ])
}

/// What is deleted is there for those who could bring it back.
fn looks_into(resource: &str) -> String {
    let [view, delete] = [ResourceVerb::View, ResourceVerb::Delete].map(|verb| right_to(verb, resource));
    choose(&format!("{resource}.deleted"), &delete, &view)
}

/// The principal may know that the resource is there.
pub(super) fn is_shown(resource: &str) -> String {
    let listed = format!("{}.contains({resource}.kind)", setting("resources_listed"));
    any([
        all(["principal is Wardroom::Member".to_owned(), format!("!{resource}.deleted"), listed]),
        looks_into(resource),
    ])
}

/// Nobody shares further than they may do it themselves, nor for longer, nor with themselves. Who by their role would use
/// everything of the kind gives the use of it out where nobody uses what they were not given.
fn shares() -> String {
    let (mine, lent) = ("resource.getTag(principal.id)", "context.share");
    let as_long = choose(&format!("{lent} has ends"), &format!("{lent}.ends <= {mine}.ends"), "false");
    let as_long = choose(&format!("{mine} has ends"), &as_long, "true");
    let lasts = all([has_not_ended(mine), as_long]);
    let has = |verb: ResourceVerb| {
        let right = right_while(verb, "resource", (Some(lent), &lasts));
        let right = match verb {
            ResourceVerb::Use => {
                let states = "principal.role.states.all.contains(resource.kind.use)".to_owned();
                any([all([states, lasts_as_long("resource.kind.use", "states", lent)]), right])
            }
            _ => right,
        };
        any([format!("!{lent}.lets.contains(\"{}\")", verb.as_str()), right])
    };
    let within = [ResourceVerb::View, ResourceVerb::Use, ResourceVerb::Edit].map(has);
    let within = all([format!("{lent}.with != principal.id"), all(within)]);
    all([right_to(ResourceVerb::Share, "resource"), choose("context has share", &within, "true")])
}

pub(super) fn policies() -> Vec<Policy> {
    let right = |action: &'static str, verb: ResourceVerb, says: &str| {
        Policy::permit(action, says, &[action]).when(right_to(verb, "resource"))
    };
    let needs_edit =
        all([setting("workflows_run_needs_edit"), "resource.kind == Wardroom::Kind::\"workflow\"".to_owned()]);
    let uses = all([
        "!resource.deleted".to_owned(),
        right_to(ResourceVerb::Use, "resource"),
        any([format!("!{needs_edit}"), right_to(ResourceVerb::Edit, "resource")]),
    ]);
    let holds_kind = |verb: &str| format!("principal.role.holds.all.contains(resource.{verb})");
    let theirs = "(principal is Wardroom::Member && principal == context.owner)".to_owned();
    let for_other = all([holds_kind("edit"), "context.owner has role".to_owned()]);
    let mut policies = vec![
        Policy::permit(
            "resource.register",
            "Make what is one's own; for another, who could also change theirs",
            &["resource.register"],
        )
        .when(all([holds_kind("create"), any([theirs, for_other])])),
        Policy::permit("resource.view", "Look into resources", &["resource.view"]).when(looks_into("resource")),
        Policy::permit("resource.use", "Use resources that are not deleted", &["resource.use"]).when(uses),
        right("resource.create", ResourceVerb::Create, "Make another one"),
        right("resource.edit", ResourceVerb::Edit, "Change resources"),
        right("resource.delete", ResourceVerb::Delete, "Delete resources, and restore them"),
        right("resource.destroy", ResourceVerb::Destroy, "Delete resources for good"),
        Policy::permit("resource.share", "Share resources as far as one has them", &["resource.share"]).when(shares()),
    ];
    policies.extend(collections_and_kinds());
    policies.extend(data());
    policies
}

fn collections_and_kinds() -> [Policy; 3] {
    let collects = all([
        is_shown("resource"),
        is_shown("context.collection"),
        right_by(&format!("\"{}\"", P::ArtifactCollect), false, ("resource", None)),
        right_to(ResourceVerb::Edit, "context.collection"),
    ]);
    let configures = holds(P::ResourceConfigure);
    let in_team = "(principal is Wardroom::Member && principal.hasTag(resource.view))".to_owned();
    let sees = any([configures.clone(), "principal.role.holds.own.contains(resource.view)".to_owned(), in_team]);
    [
        Policy::permit("artifact.collect", "Put artifacts into collections that one changes", &["artifact.collect"])
            .when(collects),
        Policy::permit("kind.view", "Read what holds for all resources of a kind that one sees", &["kind.view"])
            .when(sees),
        Policy::permit("resource.configure", "Change what holds for all resources of a kind", &["resource.configure"])
            .when(configures),
    ]
}

/// What the role says of something, where it says so.
fn rule(of: &str, verb: &str) -> (String, String) {
    let rule = format!("principal.role.getTag({of})");
    (format!("(!principal.role.top && principal.role.hasTag({of}) && {rule} has {verb})"), format!("{rule}.{verb}"))
}

/// What the role comes to for the records of an object: its exception, or else what it holds for all objects.
fn records(verb: &str, object: &str, held: P) -> String {
    let id = format!("{object}.id");
    let (said, says) = rule(&id, verb);
    let otherwise = if verb == "create" {
        // Creating follows editing unless something else is said.
        let (edit_said, edit_says) = rule(&id, "edit");
        choose(&edit_said, &edit_says, &holds(held))
    } else {
        holds(held)
    };
    choose(&said, &says, &otherwise)
}

fn data() -> Vec<Policy> {
    let sees = |object: &str| records("see", object, P::DataSee);
    let verbs = [
        ("data.see", "see", P::DataSee),
        ("data.create", "create", P::DataCreate),
        ("data.edit", "edit", P::DataEdit),
        ("data.delete", "delete", P::DataDelete),
        ("data.destroy", "destroy", P::DataDestroy),
    ];
    let mut policies: Vec<Policy> = Vec::new();
    for (action, verb, held) in verbs {
        let says = format!("Records: {verb}. The exception for the object wins, and without see there is nothing");
        policies.push(Policy::permit(action, says, &[action]).when(all([
            "resource has id".to_owned(),
            sees("resource"),
            records(verb, "resource", held),
        ])));
    }
    let (see_said, see_says) = rule("resource.id", "see");
    let (edit_said, edit_says) = rule("resource.id", "edit");
    let field_seen = all(["resource has id".to_owned(), sees("resource.object"), choose(&see_said, &see_says, "true")]);
    let edited = records("edit", "resource.object", P::DataEdit);
    let widened = all([edit_says, any([edited.clone(), setting("fields_widen")])]);
    policies.push(
        Policy::permit("field.see", "Fields of records that are seen, but for exceptions", &["field.see"])
            .when(&field_seen),
    );
    policies.push(
        Policy::permit(
            "field.edit",
            "Fields that are seen, of records that are changed, but for exceptions",
            &["field.edit"],
        )
        .when(all([field_seen, choose(&edit_said, &widened, &edited)])),
    );
    policies
}
