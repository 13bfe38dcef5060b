//! The difference between an action map and its wanted state, and the exact mode.

use genesys_journey::Change;
use serde_json::Value;

use super::*;

fn lines(changes: &[Change]) -> Vec<String> {
    changes.iter().map(ToString::to_string).collect()
}

fn map(fields: Value) -> ActionMap {
    let mut map = json!({ "id": "7", "displayName": "Offers", "version": 3 });
    map.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    serde_json::from_value(map).unwrap()
}

/// A map with a value in each field that can be cleared, and in some that cannot.
fn rich() -> ActionMap {
    map(json!({
        "isActive": true, "weight": 2, "ignoreFrequencyCap": true,
        "triggerWithSegments": ["s1", "s2"],
        "triggerWithEventConditions": [
            { "key": "page.url", "values": ["a", "b"], "operator": "equal", "streamType": "Web", "sessionType": "web" },
            { "key": "page.title", "values": ["c"], "eventName": "view" },
        ],
        "triggerWithOutcomeProbabilityConditions": [{ "outcomeId": "o", "probability": 0.5 }],
        "triggerWithOutcomePercentileConditions": [{ "outcomeId": "o", "maximumPercentile": 0.5 }],
        "triggerWithOutcomeQuantileConditions": [{ "outcomeId": "o", "maxQuantileThreshold": 0.5 }],
        "pageUrlConditions": [{ "values": ["shop"], "operator": "containsAny" }],
        "activation": { "type": "delay", "delayInSeconds": 20 },
        "action": {
            "mediaType": "webMessagingOffer",
            "webMessagingOfferFields": { "offerText": "Help?", "architectFlow": { "id": "f", "selfUri": "/flows/f" } },
        },
        "actionMapScheduleGroups": {
            "actionMapScheduleGroup": { "id": "hours" }, "emergencyActionMapScheduleGroup": { "id": "closed" },
        },
        "startDate": "2026-03-02T08:00:00.000Z", "endDate": "2026-04-02T08:00:00.000Z",
    }))
}

#[test]
fn unset_fields_order_paths_and_zones_are_no_difference() {
    let map = rich();
    assert!(action_maps::diff(&map, &NewActionMap::new("Offers")).is_empty());
    assert!(action_maps::diff(&map, &NewActionMap::from(&map)).is_empty());
    let wanted: NewActionMap = serde_json::from_value(json!({
        "displayName": "Offers",
        "triggerWithSegments": ["s2", "s1"],
        "triggerWithEventConditions": [
            { "key": "page.title", "values": ["c"], "eventName": "view" }, { "key": "page.url", "values": ["b", "a"] },
        ],
        "action": { "webMessagingOfferFields": { "architectFlow": { "id": "f" } } },
        "actionMapScheduleGroups": { "actionMapScheduleGroup": { "id": "hours" } },
        "startDate": "2026-03-02T09:00:00+01:00",
        "endDate": "2026-04-02T08:00:00Z",
    }))
    .unwrap();
    let update = action_maps::diff(&map, &wanted);
    assert!(update.is_empty(), "{update:?}");
    assert_eq!(update.version, Some(3));
}

#[test]
fn an_open_action_that_was_renamed_is_no_difference() {
    let with = |name: &str| {
        let fields = json!({ "openAction": { "id": "o", "name": name } });
        map(json!({ "action": { "mediaType": "openAction", "openActionFields": fields } }))
    };
    assert!(action_maps::diff_exact(&with("Before"), &with("After")).is_empty());
}

#[test]
fn times_of_one_instant_are_no_change() {
    let update = ActionMapUpdate {
        start_date: Some("2026-03-02T09:00:00+01:00".into()),
        end_date: Update::Set("2026-04-02T08:00:00Z".into()),
        ..ActionMapUpdate::default()
    };
    assert_eq!(lines(&action_maps::changes(&rich(), &update)), [""; 0]);
}

#[test]
fn each_difference_is_in_the_update() {
    let map = rich();
    let mut wanted = NewActionMap::from(&map);
    wanted.display_name = "Others".into();
    wanted.is_active = Some(false);
    wanted.weight = Some(3);
    wanted.ignore_frequency_cap = Some(false);
    wanted.trigger_with_segments = vec!["s1".into()];
    // An event condition with an event name differs from one without.
    wanted.trigger_with_event_conditions[1].event_name = None;
    wanted.trigger_with_outcome_probability_conditions[0].probability = Some(0.6);
    wanted.trigger_with_outcome_percentile_conditions[0].maximum_percentile = Some(0.6);
    wanted.trigger_with_outcome_quantile_conditions[0].max_quantile_threshold = Some(0.6);
    wanted.page_url_conditions[0].values.push("basket".into());
    wanted.activation = Some(Activation::new(ActivationType::Immediate));
    wanted.action_map_schedule_groups = Some(ScheduleGroups {
        action_map_schedule_group: Some(EntityRef::new("others")),
        emergency_action_map_schedule_group: None,
    });
    wanted.start_date = Some("2026-03-03".into());
    wanted.end_date = Some("2026-04-03".into());
    let offer = WebMessagingOfferFields { offer_text: Some("Hello?".into()), architect_flow: None };
    wanted.action = Some(Action::web_messaging_offer(offer));
    let update = action_maps::diff(&map, &wanted);
    let expected = [
        "action.webMessagingOfferFields.offerText: \"Help?\" -> \"Hello?\"",
        "actionMapScheduleGroups.actionMapScheduleGroup.id: \"hours\" -> \"others\"",
        "activation.type: \"delay\" -> \"immediate\"",
        "displayName: \"Offers\" -> \"Others\"",
        "endDate: \"2026-04-02T08:00:00.000Z\" -> \"2026-04-03\"",
        "ignoreFrequencyCap: true -> false",
        "isActive: true -> false",
        "pageUrlConditions[0].values: [\"shop\"] -> [\"shop\",\"basket\"]",
        "startDate: \"2026-03-02T08:00:00.000Z\" -> \"2026-03-03\"",
        "triggerWithEventConditions[1].eventName: \"view\" -> none",
        "triggerWithOutcomePercentileConditions[0].maximumPercentile: 0.5 -> 0.6",
        "triggerWithOutcomeProbabilityConditions[0].probability: 0.5 -> 0.6",
        "triggerWithOutcomeQuantileConditions[0].maxQuantileThreshold: 0.5 -> 0.6",
        "triggerWithSegments: [\"s1\",\"s2\"] -> [\"s1\"]",
        "weight: 2 -> 3",
    ];
    assert_eq!(lines(&action_maps::changes(&map, &update)), expected);
    // The parts that the wanted state leaves unset are sent, too, since the service may replace the whole.
    let sent = serde_json::to_value(&update).unwrap();
    assert_eq!(sent["action"]["webMessagingOfferFields"]["architectFlow"]["id"], "f");
    assert_eq!(sent["actionMapScheduleGroups"]["emergencyActionMapScheduleGroup"]["id"], "closed");
}

#[test]
fn an_update_has_the_fields_that_the_vendor_requires() {
    let update = action_maps::diff(&rich(), &NewActionMap { weight: Some(3), ..NewActionMap::new("Offers") });
    let expected = ActionMapUpdate { weight: Some(3), ..ActionMapUpdate::of(&rich()) };
    assert_eq!(update, expected);
}

#[test]
fn another_media_type_clears_the_parts_of_the_others() {
    let wanted = NewActionMap { action: Some(Action::content_offer("t")), ..NewActionMap::new("Offers") };
    let update = action_maps::diff(&rich(), &wanted);
    let sent = json!({ "mediaType": "contentOffer", "actionTemplate": { "id": "t" }, "webMessagingOfferFields": null });
    assert_eq!(serde_json::to_value(&update.action).unwrap(), sent);
    let new = action_maps::diff(&map(json!({})), &wanted).action.unwrap();
    assert_eq!(
        serde_json::to_value(new).unwrap(),
        json!({ "mediaType": "contentOffer", "actionTemplate": { "id": "t" } })
    );
}

#[test]
fn the_values_of_an_open_action_are_compared_as_they_are() {
    let with = |fields: Value| {
        let fields = json!({ "openAction": { "id": "o" }, "configurationFields": fields });
        map(json!({ "action": { "mediaType": "openAction", "openActionFields": fields } }))
    };
    let now = with(json!({ "a": [1, 2], "b": 1 }));
    let wanted = with(json!({ "a": [2, 1] }));
    let update = action_maps::diff(&now, &NewActionMap::from(&wanted));
    let expected = ["a: [1,2] -> [2,1]", "b: 1 -> none"];
    let expected = expected.map(|line| format!("action.openActionFields.configurationFields.{line}"));
    assert_eq!(lines(&action_maps::changes(&now, &update)), expected);
    assert_eq!(action_maps::diff_exact(&now, &wanted).update, update);
}

#[test]
fn fields_that_the_other_lacks_are_cleared_or_listed() {
    let (rich, bare) = (rich(), map(json!({ "id": "8", "version": 9 })));
    let difference = action_maps::diff_exact(&rich, &bare);
    let expected = ActionMapUpdate {
        version: Some(3),
        display_name: Some("Offers".into()),
        trigger_with_segments: Update::Clear,
        trigger_with_event_conditions: Update::Clear,
        trigger_with_outcome_probability_conditions: Update::Clear,
        trigger_with_outcome_quantile_conditions: Update::Clear,
        page_url_conditions: Update::Clear,
        action_map_schedule_groups: Update::Clear,
        ignore_frequency_cap: Some(false),
        end_date: Update::Clear,
        ..ActionMapUpdate::default()
    };
    assert_eq!(difference.update, expected);
    let paths: Vec<&str> = difference.unchangeable.iter().map(|change| change.path.as_str()).collect();
    let unchangeable =
        ["isActive", "triggerWithOutcomePercentileConditions", "activation", "weight", "startDate", "action"];
    assert_eq!(paths, unchangeable);
    assert!(action_maps::diff_exact(&bare, &bare).is_empty() && action_maps::diff_exact(&rich, &rich).is_empty());
    assert!(!difference.is_empty());
}

#[test]
fn the_parts_of_an_action_are_cleared_or_listed() {
    let action = |fields: Value| map(json!({ "action": fields }));
    let now = action(json!({
        "mediaType": "webMessagingOffer", "actionTemplate": { "id": "t" }, "isPacingEnabled": true,
        "webMessagingOfferFields": { "offerText": "Help?", "architectFlow": { "id": "f" } },
    }));
    let like = action(json!({ "mediaType": "webMessagingOffer", "webMessagingOfferFields": { "offerText": "Help?" } }));
    let difference = action_maps::diff_exact(&now, &like);
    let sent = serde_json::to_value(difference.update.action.unwrap()).unwrap();
    assert_eq!(sent, json!({ "mediaType": "webMessagingOffer", "actionTemplate": null }));
    let unchangeable = [
        "action.isPacingEnabled: true -> none",
        "action.webMessagingOfferFields.architectFlow: {\"id\":\"f\"} -> none",
    ];
    assert_eq!(lines(&difference.unchangeable), unchangeable);
}

#[test]
fn missing_emergency_hours_are_cleared() {
    let mut like = rich();
    like.action_map_schedule_groups.as_mut().unwrap().emergency_action_map_schedule_group = None;
    let difference = action_maps::diff_exact(&rich(), &like);
    let groups = difference.update.action_map_schedule_groups.value().unwrap();
    assert_eq!(groups.emergency_action_map_schedule_group, Update::Clear);
    assert!(difference.unchangeable.is_empty());
}
