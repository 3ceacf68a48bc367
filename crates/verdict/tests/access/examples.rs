//! The worked examples of the products, as companies of their own, cell by cell.

use domain::event::Event;
use domain::grant::{Grantee, Profile};
use domain::integration::ToolClass;
use domain::key::{KeyKind, KeyScope};
use domain::object::{DataName, DataVerb, Field, FieldRule, Object, ObjectRule, Rule};
use domain::permission::{Holding, Permission};
use domain::resource::{ResourceKind, ResourceVerb};
use domain::role::{AssignableTo, Role, RoleId, RoleLevel};
use verdict::{Action, Actor, Operation, Question, Subject};

use crate::company::{Company, NOW, Whose, integration, key_of, person, presets};

fn company(name: &str) -> Company {
    Company::of(presets().iter().find(|preset| preset.name == name).unwrap())
}

fn name(text: &str) -> DataName {
    DataName::parse(text).unwrap()
}

/// Which classes of tools a subject calls: read, write, delete, and those that nobody has reviewed.
fn calls(company: &Company, subject: Subject) -> [bool; 4] {
    ToolClass::ALL.map(|class| {
        let action = Action::CallTool { integration: "crm", tool: class.as_str() };
        let question = Question { actor: &Actor::about(subject), action, now: NOW };
        company.snapshot.evaluate(&question).is_allowed()
    })
}

fn given(company: &Company, grantee: Grantee, profile: Profile) -> Company {
    let (integration, tools_off) = (integration(), [].into());
    company.after(&Event::GrantSet { grantee, integration, profile, tools_off, expires_at: None })
}

// rows: PW-7, PW-9, PW-13, PW-34, PW-38, PW-39, PW-40, PW-42, PW-43, PW-44, PW-45, PW-46
#[test]
fn in_pipeworks_owners_and_admins_call_everything_and_members_what_their_profile_lets_through() {
    let company = company("pipeworks");
    for role in ["owner", "admin"] {
        assert_eq!(calls(&company, Subject::Member(person(company.with(role)))), [true; 4], "{role}");
    }
    let member = person(company.with("member"));
    assert_eq!(calls(&company, Subject::Member(member)), [false; 4], "a newcomer has nothing");
    for (profile, expected) in [
        (Profile::ReadOnly, [true, false, false, false]),
        (Profile::NoDelete, [true, true, false, false]),
        (Profile::Full, [true; 4]),
    ] {
        let after = given(&company, Grantee::Member(member), profile);
        assert_eq!(calls(&after, Subject::Member(member)), expected, "{profile}");
    }
}

// rows: PW-29, PW-47
#[test]
fn in_pipeworks_a_workspace_key_reaches_everything_until_it_is_narrowed() {
    let company = company("pipeworks");
    let scope = company.preset.settings.keys_workspace_default_scope;
    assert_eq!(scope, KeyScope::All, "the default");
    let (key, kind) = (key_of(29), KeyKind::Workspace { scope, role: None });
    let digest = "0".repeat(64);
    let bot = company.after(&Event::KeyCreated { key, kind, digest, hint: String::new(), expires_at: None });
    assert_eq!(calls(&bot, Subject::Key(key)), [true; 4]);
    let narrowed = given(&bot, Grantee::Key(key), Profile::ReadOnly);
    assert_eq!(calls(&narrowed, Subject::Key(key)), [true, false, false, false]);
}

/// The CRM with people and opportunities, and somebody in a role that holds this.
fn crm(words: &[&str], rules: &[(&str, ObjectRule)]) -> (Company, usize) {
    let mut company = company("crm");
    for object in ["people", "opportunities"] {
        let fields = ["email", "address", "phone"].map(|field| (name(field), Field { title: field.to_owned() }));
        let object = Object { name: name(object), title: object.to_owned(), fields: fields.into() };
        company = company.after(&Event::ObjectDefined(Box::new(object)));
    }
    let mut data = domain::object::DataRules::default();
    data.objects.extend(rules.iter().map(|(object, rule)| (name(object), rule.clone())));
    let id = RoleId::parse("intern").unwrap();
    let role = Role {
        id,
        title: "Intern".to_owned(),
        typical_for: String::new(),
        guide: String::new(),
        level: RoleLevel::Organization,
        permissions: Holding::parse(words).unwrap(),
        data,
        assignable_to: AssignableTo { members: true, keys: false, agents: false },
        locked: false,
        top: false,
    };
    let who = 28;
    let company = company.after(&Event::RoleDefined(role));
    (company.after(&Event::MemberAdded { person: person(who), role: id }), who)
}

fn verbs(company: &Company, who: usize, object: &str) -> [bool; 5] {
    DataVerb::ALL.map(|verb| company.may(who, Operation::Data { verb, object: &name(object) }))
}

/// Whether a field is seen and whether it is changed.
fn field(company: &Company, who: usize, field: &str) -> [bool; 2] {
    let (object, field) = (name("people"), name(field));
    [DataVerb::See, DataVerb::Edit]
        .map(|verb| company.may(who, Operation::Field { verb, object: &object, field: &field }))
}

// rows: TW-17
#[test]
fn in_the_crm_each_verb_is_a_baseline_of_its_own() {
    let all = ["data.see", "data.create", "data.edit", "data.delete", "data.destroy"];
    for held in 1..=all.len() {
        let (company, who) = crm(&all[..held], &[]);
        let expected: Vec<bool> = (0..all.len()).map(|verb| verb < held).collect();
        assert_eq!(verbs(&company, who, "people").to_vec(), expected);
    }
    let company = crm(&[], &[]).0;
    assert_eq!(verbs(&company, company.with("admin"), "people"), [true; 5]);
}

// rows: TW-24
#[test]
fn in_the_crm_an_intern_sees_everything_but_opportunities_and_edits_people_alone() {
    let (company, who) = crm(&["data.see"], &[]);
    assert_eq!(verbs(&company, who, "people"), [true, false, false, false, false]);
    let hidden = ObjectRule { see: Rule::Deny, ..ObjectRule::default() };
    let edited = ObjectRule { edit: Rule::Allow, ..ObjectRule::default() };
    let (company, who) = crm(&["data.see"], &[("opportunities", hidden), ("people", edited)]);
    assert_eq!(verbs(&company, who, "opportunities"), [false; 5]);
    // Creating follows editing.
    assert_eq!(verbs(&company, who, "people"), [true, true, true, false, false]);
    let listed: Vec<_> = company
        .snapshot
        .visible_objects(Subject::Member(person(who)), crate::company::NOW)
        .map(|one| &one.name)
        .collect();
    assert_eq!(listed, [&name("people")]);
}

// rows: TW-31
#[test]
fn in_the_crm_an_address_can_be_hidden_and_an_email_be_seen_alone() {
    let email = FieldRule { see: Rule::Allow, edit: Rule::Deny };
    let address = FieldRule { see: Rule::Deny, edit: Rule::Inherit };
    let rule =
        ObjectRule { fields: [(name("email"), email), (name("address"), address)].into(), ..ObjectRule::default() };
    let (company, who) = crm(&["data.see", "data.edit"], &[("people", rule)]);
    assert_eq!(field(&company, who, "email"), [true, false]);
    assert_eq!(field(&company, who, "address"), [false, false]);
    assert_eq!(field(&company, who, "phone"), [true, true]);
}

// rows: TW-8, TW-34, TW-37
#[test]
fn in_the_crm_all_settings_are_one_word_and_so_are_all_actions() {
    use domain::permission::Group;
    for groups in [&[Group::Settings][..], &[Group::Actions], &[Group::Settings, Group::Actions]] {
        let words: Vec<String> = groups.iter().map(|group| format!("{}.*", group.as_str())).collect();
        let (company, who) = crm(&words.iter().map(String::as_str).collect::<Vec<_>>(), &[]);
        for permission in Permission::ALL {
            let expected = groups.contains(&permission.entry().group);
            let found = company.may(who, Operation::Use { permission: *permission });
            assert_eq!(found, expected, "{permission} with {words:?}");
        }
    }
}

// rows: SW-9, SW-18
#[test]
fn in_swiftask_members_without_the_right_to_delete_still_create_and_edit_their_own_projects() {
    let company = company("swiftask");
    let who = company.with("member");
    let own = |company: &Company, verb| {
        company
            .may(who, Operation::Resource { verb, resource: company.resource(who, ResourceKind::Project, Whose::Own) })
    };
    assert!(own(&company, ResourceVerb::Delete));
    let mut toggled = company.state.roles[company.role("member")].clone();
    let single = toggled.permissions.single;
    toggled.permissions.single = single.without(Permission::ProjectDelete).without(Permission::ProjectDestroy);
    let edit = Operation::EditRole { role: company.role("member"), to: toggled.set(), data: None };
    assert!(company.may(company.with("admin"), edit) && !company.may(who, edit));
    let after = company.after(&Event::RoleDefined(toggled));
    assert!(!own(&after, ResourceVerb::Delete) && own(&after, ResourceVerb::Edit));
    assert!(after.may(who, Operation::CreateResource { kind: ResourceKind::Project, owner: person(who) }));
}
