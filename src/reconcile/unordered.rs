//! Comparison of lists whose order carries no meaning.

use std::cell::Cell;

/// Returns whether two lists contain the same values. Order and duplicates do not count.
pub(super) fn same_values(wanted: &[String], actual: &[String]) -> bool {
    let sorted = |values: &[String]| {
        let mut values = values.to_vec();
        values.sort_unstable();
        values.dedup();
        values
    };
    sorted(wanted) == sorted(actual)
}

/// Returns whether each entry of `wanted` can be paired with a matching entry of `actual`, and none is left over.
///
/// Comparing sorted lists would be wrong, because an unset field matches any value. Take the entries
/// (operator, case) a = (unset, true) and b = (equal, unset). In [(equal, true), (equal, false)] the first
/// entry must go to a, and in [(equal, true), (lessThan, true)] it must go to b: the partner of an entry depends
/// on all the others. So this is a maximum matching in a bipartite graph, by augmenting paths (Kuhn's algorithm).
pub(super) fn same_entries<T>(wanted: &[T], actual: &[T], matches: &dyn Fn(&T, &T) -> bool) -> bool {
    let candidate = |actual| Candidate { actual, partner: Cell::new(None), visited: Cell::new(false) };
    let candidates: Vec<Candidate<T>> = actual.iter().map(candidate).collect();
    wanted.len() == actual.len()
        && wanted.iter().all(|wanted| {
            candidates.iter().for_each(|candidate| candidate.visited.set(false));
            find_partner(wanted, &candidates, matches)
        })
}

struct Candidate<'a, T> {
    actual: &'a T,
    /// The wanted entry that this candidate is paired with.
    partner: Cell<Option<&'a T>>,
    /// Whether the current search has tried this candidate.
    visited: Cell<bool>,
}

/// Pairs `wanted` with a candidate that is free, or whose partner can move to another candidate.
fn find_partner<'a, T>(wanted: &'a T, candidates: &[Candidate<'a, T>], matches: &dyn Fn(&T, &T) -> bool) -> bool {
    candidates.iter().any(|candidate| {
        if candidate.visited.get() || !matches(wanted, candidate.actual) {
            return false;
        }
        candidate.visited.set(true);
        let is_free = candidate.partner.get().is_none_or(|partner| find_partner(partner, candidates, matches));
        if is_free {
            candidate.partner.set(Some(wanted));
        }
        is_free
    })
}
