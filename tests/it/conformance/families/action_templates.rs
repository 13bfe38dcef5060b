//! Action templates in the facts.

use genesys_journey::action_templates::{
    self, ActionTemplate, ActionTemplateUpdate, ListActionTemplates, NewActionTemplate,
};
use genesys_journey::{Config, Page, Result};
use serde_json::Value;

use crate::conformance::Family;
use crate::conformance::call::{Call, json_of};
use crate::conformance::fields::{request, response};

pub const FAMILY: Family = Family {
    name: "action_templates",
    responses: &[
        ("ActionTemplateListing", response::<Page<ActionTemplate>>),
        ("ActionTemplate", response::<ActionTemplate>),
    ],
    requests: &[
        ("ActionTemplate", request::<NewActionTemplate>),
        ("PatchActionTemplate", request::<ActionTemplateUpdate>),
    ],
    private: &[],
    identified: &[("ActionTemplate", "id")],
    not_sent: &[],
    make,
};

fn make(call: &Call, config: &Config) -> Result<Value> {
    let id = || call.path("actionTemplateId");
    match call.operation() {
        "get_journey_actiontemplates" => json_of(action_templates::list(config, &list(call))),
        "get_journey_actiontemplate" => json_of(action_templates::get(config, id())),
        "post_journey_actiontemplates" => json_of(action_templates::create(config, &call.body())),
        "patch_journey_actiontemplate" => json_of(action_templates::update(config, id(), &call.body())),
        "delete_journey_actiontemplate" => json_of(action_templates::delete(config, id(), call.flag("hardDelete"))),
        other => panic!("{other} is not called"),
    }
}

fn list(call: &Call) -> ListActionTemplates {
    ListActionTemplates {
        page_size: call.number("pageSize"),
        page_number: call.number("pageNumber"),
        sort_by: call.text("sortBy"),
        media_type: call.text("mediaType"),
        state: call.text("state"),
        query_fields: call.texts("queryFields"),
        query_value: call.text("queryValue"),
    }
}
