//! What company directories call members: found by name and by their own id, one name for one member, gone with the
//! membership and with the person.

use domain::id::GroupId;
use journal::{AppendError, DirectoryGroup, DirectoryUser, Fact, Journal};

use crate::world::{facts, folder, open, org, person};

fn user(number: u8, name: &str) -> DirectoryUser {
    DirectoryUser {
        org: org(1),
        person: person(number),
        user_name: name.to_owned(),
        external_id: Some(format!("ext-{number}")),
        given_name: None,
        family_name: Some("Lovelace".to_owned()),
        is_deleted: false,
    }
}

async fn write(journal: &Journal, users: Vec<DirectoryUser>) -> Result<(), AppendError> {
    let written = users.into_iter().map(|user| Fact::DirectoryUser(Box::new(user))).collect();
    journal.append(vec![facts(written)]).await.map(|_| ())
}

#[tokio::test]
async fn members_are_found_by_the_name_and_the_id_that_their_directory_has_for_them() {
    let dir = folder();
    let journal = open(dir.path());
    let (ada, ben) = (user(1, "Ada@Example.com"), user(2, "ben"));
    write(&journal, vec![ada.clone(), ben.clone()]).await.unwrap();
    // Names whatever their case, ids exactly, and neither in another organization.
    assert_eq!(journal.directory_user_named(org(1), "ada@EXAMPLE.com").await.unwrap(), Some(ada.clone()));
    assert_eq!(journal.directory_user_named(org(2), "ada@example.com").await.unwrap(), None);
    assert_eq!(journal.directory_users_with(org(1), "ext-2").await.unwrap(), std::slice::from_ref(&ben));
    assert_eq!(journal.directory_users_with(org(1), "EXT-2").await.unwrap(), []);
    assert_eq!(journal.directory_users_with(org(2), "ext-2").await.unwrap(), []);
    assert_eq!(journal.directory_users(org(1), &[person(2), person(3)]).await.unwrap(), [ben]);
    // What merely looks alike is another name: the lower case of a Kelvin sign is a `k`.
    write(&journal, vec![user(4, "kim"), user(5, "\u{212a}im")]).await.unwrap();
    assert_eq!(journal.directory_user_named(org(1), "KIM").await.unwrap().map(|user| user.person), Some(person(4)));
    // A new name frees the one before.
    write(&journal, vec![DirectoryUser { user_name: "lovelace".to_owned(), ..ada }]).await.unwrap();
    assert_eq!(journal.directory_user_named(org(1), "ada@example.com").await.unwrap(), None);
}

#[tokio::test]
async fn a_name_is_of_one_member_until_the_directory_deletes_them() {
    let dir = folder();
    let journal = open(dir.path());
    write(&journal, vec![user(1, "ada")]).await.unwrap();
    let taken = write(&journal, vec![user(2, "ADA")]).await.unwrap_err();
    assert!(matches!(taken, AppendError::Taken { what: "user name" }), "{taken:?}");
    write(&journal, vec![DirectoryUser { org: org(2), ..user(2, "ada") }]).await.unwrap();
    write(&journal, vec![DirectoryUser { is_deleted: true, ..user(1, "ada") }]).await.unwrap();
    assert_eq!(journal.directory_users_deleted(org(1)).await.unwrap(), [person(1)]);
    assert_eq!(journal.directory_users_deleted(org(2)).await.unwrap(), []);
    write(&journal, vec![user(2, "ADA")]).await.unwrap();
    assert_eq!(journal.directory_user_named(org(1), "ada").await.unwrap().map(|user| user.person), Some(person(2)));
    assert_eq!(journal.directory_users_deleted(org(1)).await.unwrap(), []);
}

#[tokio::test]
async fn what_a_member_was_called_goes_with_the_membership_and_with_the_person() {
    let dir = folder();
    let journal = open(dir.path());
    write(&journal, vec![user(1, "ada"), DirectoryUser { org: org(2), ..user(1, "ada") }]).await.unwrap();
    let left = Fact::EndMembership { person: person(1), org: org(1) };
    journal.append(vec![facts(vec![left])]).await.unwrap();
    assert_eq!(journal.directory_user_named(org(1), "ada").await.unwrap(), None);
    assert!(journal.directory_user_named(org(2), "ada").await.unwrap().is_some());
    journal.append(vec![facts(vec![Fact::ErasePerson { person: person(1) }])]).await.unwrap();
    assert_eq!(journal.directory_user_named(org(2), "ada").await.unwrap(), None);
}

#[tokio::test]
async fn what_groups_are_called_is_kept_by_organization_until_it_is_dropped() {
    let dir = folder();
    let journal = open(dir.path());
    let group = |number: u8, of: u8, name: &str| DirectoryGroup {
        org: org(of),
        group: GroupId::from_random([number; 20]),
        display_name: name.to_owned(),
        external_id: Some(format!("ext-{number}")),
    };
    let (first, second, other) = (group(1, 1, "Engineers"), group(2, 1, "Engineers"), group(3, 2, "Sales"));
    let written = [&first, &second, &other].map(|group| Fact::DirectoryGroup(Box::new(group.clone())));
    journal.append(vec![facts(written.to_vec())]).await.unwrap();
    let renamed = DirectoryGroup { display_name: "Makers".to_owned(), external_id: None, ..first };
    let dropped = Fact::DropDirectoryGroup { org: org(1), group: second.group };
    journal.append(vec![facts(vec![Fact::DirectoryGroup(Box::new(renamed.clone())), dropped])]).await.unwrap();
    assert_eq!(journal.directory_groups(org(1)).await.unwrap(), [renamed]);
    assert_eq!(journal.directory_groups(org(2)).await.unwrap(), [other]);
}
