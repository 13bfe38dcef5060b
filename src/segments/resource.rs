//! Segments as a [`Resource`], for the generic code behind the helpers of this module.

use super::diff::{check_immutable, diff, diff_exact};
use super::edit::only_changes;
use super::{ListSegments, NewSegment, Segment, SegmentUpdate, create, get, list_all, update};
use crate::reconcile::Resource;

pub(super) const SEGMENT: Resource<Segment, NewSegment, SegmentUpdate> = Resource {
    noun: "segment",
    name_field: "displayName",
    id: |segment| &segment.id,
    name: |segment| &segment.display_name,
    wanted_name: |wanted| &wanted.display_name,
    is_exact: false,
    is_deleted: |_| false,
    version: |segment| segment.version,

    search: |config, name| list_all(config, &with_name_like(name)),
    list_all: |config| list_all(config, &ListSegments::default()),
    get,
    create,
    update,

    check_immutable,
    difference: |segment, wanted| non_empty(diff(segment, wanted)),
    only_changes: |segment, update| non_empty(only_changes(segment, update)),
};

/// The mode that makes a segment exactly like another one. The caller reports the differences that cannot be removed.
pub(super) const EXACT_SEGMENT: Resource<Segment, Segment, SegmentUpdate> = SEGMENT.exact(
    |config, like| create(config, &NewSegment::from(like)),
    |segment, like| non_empty(diff_exact(segment, like).update),
);

fn with_name_like(name: &str) -> ListSegments {
    let query_fields = vec!["displayName".to_owned()];
    ListSegments { query_fields, query_value: Some(name.to_owned()), ..ListSegments::default() }
}

fn non_empty(update: SegmentUpdate) -> Option<SegmentUpdate> {
    Some(update).filter(|update| !update.is_empty())
}
