//! The process is killed, or the power goes, at random moments under load: what was acknowledged is there after the
//! restart, and no call reached an upstream without a record (promise P6).
//!
//! [`house`] starts, kills and cuts the power; [`load`] is who works meanwhile; [`ledger`] keeps what was answered
//! and compares it with what is found. The integrations live in the process of the test and count what reaches them.

mod house;
mod ledger;
mod load;

use testkit::power::{Luck, Word};

use crate::upstreams::Upstreams;
use crate::world::count;
use house::House;
use ledger::{Ledger, Tally};

/// Rounds after which a fresh folder is taken, so that a soak does not end up testing long lists.
const ROUNDS_PER_FOLDER: usize = 20;

#[test]
fn a_killed_process_loses_nothing_that_it_answered() {
    let upstreams = Upstreams::start();
    let rounds = count(10, 200);
    let sum = run(&upstreams, rounds, "kill", || House::found("Killed"), |_, _| ());
    println!("soak: crash: killed {rounds} times: {sum}");
    assert!(sum.unknown > 0 && sum.changes > 0 && sum.reached > 0, "no round was amid the work: {sum}");
}

#[test]
fn a_power_cut_loses_nothing_that_was_answered_and_no_call_that_changes_something() {
    let upstreams = Upstreams::start();
    let rounds = count(4, 80);
    let (mut cuts, mut at_risk, mut lost) = (0, 0, 0);
    let found = || House::found_on_a_disk("Dark");
    let sum = run(&upstreams, rounds, "power cut", found, |house, luck| {
        // Now and then the process alone is killed, so that a later power cut meets writes of two processes.
        if luck.percent(80) {
            cuts += 1;
            let loss = house.cut_power(Word::Kept, luck);
            at_risk += loss.sectors_at_risk;
            lost += loss.sectors_lost;
        }
    });
    println!(
        "soak: crash: power cut {cuts} times in {rounds} rounds, {lost} of {at_risk} unflushed sectors lost: {sum}"
    );
    assert!(sum.changes > 0 && sum.reached > 0 && at_risk > 0, "no round was amid the work: {sum}");
}

/// Rounds of load, kill and restart; `after_kill` says what else happens.
fn run(
    upstreams: &Upstreams,
    rounds: usize,
    manner: &str,
    found: impl Fn() -> House,
    mut after_kill: impl FnMut(&mut House, &mut Luck),
) -> Tally {
    let mut sum = Tally::default();
    let mut place: Option<(House, Ledger)> = None;
    for round in 0..rounds {
        let mut luck = Luck::new(round as u64);
        if round % ROUNDS_PER_FOLDER == 0 {
            let mut house = found();
            house.start(&mut luck);
            house.connect(upstreams);
            place = Some((house, Ledger::default()));
        }
        let (house, ledger) = place.as_mut().expect("a house stands");
        load::work_and_kill(house, ledger, &mut luck, &format!("r{round}"));
        after_kill(house, &mut luck);
        while luck.percent(40) {
            // The next process does not come far either.
            house.stumble_and_kill(&mut luck);
            after_kill(house, &mut luck);
        }
        let mut check = |house: &mut House, luck: &mut Luck| {
            house.start(luck);
            let compared = ledger.compare(house, upstreams);
            sum += compared.unwrap_or_else(|losses| panic!("{manner}, round {round}: {}", losses.join("\n")));
            house.verify().unwrap_or_else(|broken| panic!("{manner}, round {round}: {broken}"));
        };
        check(house, &mut luck);
        if luck.percent(40) {
            // Stopping copies the logs into their files, and may be cut short too.
            house.stop_and_kill(&mut luck);
            after_kill(house, &mut luck);
            check(house, &mut luck);
        }
    }
    sum
}

/// Were this not found out, nothing that the tests above say could be believed.
#[test]
fn a_disk_that_only_says_that_it_flushed_is_found_out() {
    let upstreams = Upstreams::start();
    let lies = [
        (Word::Broken, ""),
        (Word::BrokenFor("journal.db-wal"), "answered"),
        (Word::BrokenFor("records.db-wal"), "has no record"),
    ];
    for (number, (word, finding)) in lies.into_iter().enumerate() {
        let found_out = (0..12).any(|seed| {
            let losses = losses_on_a_bad_disk(&upstreams, word, seed, &format!("lie{number}s{seed}"));
            losses.iter().any(|loss| loss.contains(finding))
        });
        assert!(found_out, "{word:?} was not noticed");
    }
}

fn losses_on_a_bad_disk(upstreams: &Upstreams, word: Word, seed: u64, round: &str) -> Vec<String> {
    let mut luck = Luck::new(seed);
    let mut house = House::found_on_a_disk("Lied to");
    house.start(&mut luck);
    house.connect(upstreams);
    house.stop();
    // Until here the disk kept its word, so that there is something to come back to.
    house.settle();
    house.start(&mut luck);
    let mut ledger = Ledger::default();
    load::work_and_kill(&mut house, &mut ledger, &mut luck, round);
    house.cut_power(word, &mut luck);
    if let Err(said) = house.try_start(&mut luck) {
        return vec![said];
    }
    let mut losses = ledger.compare(&house, upstreams).err().unwrap_or_default();
    losses.extend(house.verify().err());
    losses
}

#[test]
fn what_init_printed_is_kept_even_if_the_power_goes_right_after() {
    for seed in 0..count(8, 100) {
        let mut luck = Luck::new(seed as u64);
        let mut house = House::found_on_a_disk("Just founded");
        house.cut_power(Word::Kept, &mut luck);
        opens(&mut house, &mut luck, seed);
    }
}

#[test]
fn a_founding_that_was_cut_short_leaves_a_folder_in_which_one_can_be_founded() {
    for seed in 0..count(8, 100) {
        let mut luck = Luck::new(seed as u64);
        let mut house = House::found_after_a_cut("Founded again", &mut luck);
        opens(&mut house, &mut luck, seed);
    }
}

fn opens(house: &mut House, luck: &mut Luck, seed: usize) {
    house.start(luck);
    let (status, you) = house.owner().ask("GET", "", None).expect("an answer");
    assert_eq!((status, you["you"]["role"].as_str()), (200, Some("owner")), "seed {seed}: {you}");
    house.verify().unwrap_or_else(|broken| panic!("seed {seed}: {broken}"));
}
