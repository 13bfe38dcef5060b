//! The difference between an action template and its wanted state, and the exact mode.

use genesys_journey::Change;
use genesys_stand_in::builder;
use serde_json::Value;

use super::*;

fn lines(changes: &[Change]) -> Vec<String> {
    changes.iter().map(ToString::to_string).collect()
}

fn template(fields: Value) -> ActionTemplate {
    let mut template = json!({
        "id": "7", "name": "Boots", "version": 3, "mediaType": "contentOffer", "state": "Active",
    });
    template.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    serde_json::from_value(template).unwrap()
}

fn rich() -> ActionTemplate {
    template(json!({
        "description": "Spring",
        "contentOffer": {
            "displayMode": "Toast", "layoutMode": "LeftText", "title": "Boots", "imageUrl": "https://a.example/b.png",
            "callToAction": { "target": "Self", "text": "Look", "url": "https://a.example" },
            "style": {
                "position": { "top": "10px", "left": "5px" }, "offer": { "padding": "4px", "color": "#222222" },
                "closeButton": { "color": "#666666", "opacity": 0.5 },
            },
        },
    }))
}

fn wanted(fields: Value) -> NewActionTemplate {
    let mut wanted = json!({ "name": "Boots", "mediaType": "contentOffer", "state": "Active" });
    wanted.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    serde_json::from_value(wanted).unwrap()
}

#[test]
fn unset_fields_and_empty_texts_are_no_difference() {
    let rich = rich();
    assert!(action_templates::diff(&rich, &wanted(json!({}))).is_empty());
    assert!(action_templates::diff(&rich, &NewActionTemplate::from(&rich)).is_empty());
    let offer =
        json!({ "headline": "", "callToAction": { "text": "Look" }, "style": { "position": { "top": "10px" } } });
    assert!(action_templates::diff(&rich, &wanted(json!({ "contentOffer": offer }))).is_empty());
    let empty = wanted(json!({ "description": "", "contentOffer": { "title": "" } }));
    assert!(action_templates::diff(&template(json!({})), &empty).is_empty());
}

#[test]
fn each_difference_is_in_the_update() {
    let wanted = wanted(json!({
        "name": "Shoes", "state": "Inactive", "description": "Autumn",
        "contentOffer": {
            "displayMode": "Modal", "layoutMode": "TextOnly", "title": "", "imageUrl": "c", "headline": "d",
            "body": "e", "imageAltText": "f", "callToAction": { "target": "Blank" },
            "style": { "position": { "top": "11px" }, "offer": { "color": "#333333" }, "title": { "font": "g" } },
        },
    }));
    let update = action_templates::diff(&rich(), &wanted);
    let expected = [
        "contentOffer.body: none -> \"e\"",
        "contentOffer.callToAction.target: \"Self\" -> \"Blank\"",
        "contentOffer.displayMode: \"Toast\" -> \"Modal\"",
        "contentOffer.headline: none -> \"d\"",
        "contentOffer.imageAltText: none -> \"f\"",
        "contentOffer.imageUrl: \"https://a.example/b.png\" -> \"c\"",
        "contentOffer.layoutMode: \"LeftText\" -> \"TextOnly\"",
        "contentOffer.style.offer.color: \"#222222\" -> \"#333333\"",
        "contentOffer.style.position.top: \"10px\" -> \"11px\"",
        "contentOffer.style.title: none -> {\"font\":\"g\"}",
        "contentOffer.title: \"Boots\" -> \"\"",
        "description: \"Spring\" -> \"Autumn\"",
        "name: \"Boots\" -> \"Shoes\"",
        "state: \"Active\" -> \"Inactive\"",
    ];
    assert_eq!(lines(&action_templates::changes(&rich(), &update)), expected);
    // Parts that the wanted state leaves unset are sent, too, since the service may replace the whole.
    let sent = serde_json::to_value(&update).unwrap();
    assert_eq!(sent["contentOffer"]["callToAction"]["url"], "https://a.example");
    assert_eq!(sent["contentOffer"]["style"]["closeButton"], json!({ "color": "#666666", "opacity": 0.5 }));
    assert_eq!(sent["contentOffer"]["style"]["position"]["left"], "5px");
}

#[test]
fn an_update_has_the_name_and_only_the_parts_that_differ() {
    let update = action_templates::diff(&rich(), &wanted(json!({ "contentOffer": { "title": "Shoes" } })));
    let expected = json!({ "version": 3, "name": "Boots", "contentOffer": { "title": "Shoes" } });
    assert_eq!(serde_json::to_value(update).unwrap(), expected);
}

#[test]
fn another_media_type_clears_the_content_offer() {
    let flow = wanted(json!({ "mediaType": "architectFlow" }));
    let update = action_templates::diff(&rich(), &flow);
    assert_eq!((update.media_type, update.content_offer), (Some(MediaType::ArchitectFlow), Update::Clear));
    assert_eq!(action_templates::diff(&template(json!({})), &flow).content_offer, Update::Keep);
}

#[test]
fn fields_that_the_other_lacks_are_cleared_or_listed() {
    let (rich, bare) = (rich(), template(json!({})));
    let difference = action_templates::diff_exact(&rich, &bare);
    let expected = json!({ "version": 3, "name": "Boots", "description": "", "contentOffer": null });
    assert_eq!(serde_json::to_value(&difference.update).unwrap(), expected);
    assert!(difference.unchangeable.is_empty() && !difference.is_empty());
    assert!(action_templates::diff_exact(&rich, &rich).is_empty());
    assert!(action_templates::diff_exact(&bare, &bare).is_empty());

    let mut like = bare.clone();
    (like.name, like.media_type, like.state) = (None, None, None);
    let difference = action_templates::diff_exact(&bare, &like);
    assert!(difference.update.is_empty(), "{difference:?}");
    let unset = ["name: \"Boots\" -> none", "mediaType: \"contentOffer\" -> none", "state: \"Active\" -> none"];
    assert_eq!(lines(&difference.unchangeable), unset);
}

#[test]
fn the_parts_of_a_content_offer_are_cleared_or_listed() {
    let like = template(json!({
        "description": "Spring",
        "contentOffer": {
            "displayMode": "Toast", "title": "", "callToAction": { "target": "Self", "text": "Look" },
            "style": { "position": { "top": "10px" }, "offer": { "padding": "4px" } },
        },
    }));
    let difference = action_templates::diff_exact(&rich(), &like);
    let changes = [
        "contentOffer.imageUrl: \"https://a.example/b.png\" -> \"\"",
        "contentOffer.style.closeButton: {\"color\":\"#666666\",\"opacity\":0.5} -> none",
        "contentOffer.style.position.left: \"5px\" -> \"\"",
        "contentOffer.title: \"Boots\" -> \"\"",
    ];
    assert_eq!(lines(&action_templates::changes(&rich(), &difference.update)), changes);
    let unchangeable = [
        "contentOffer.layoutMode: \"LeftText\" -> none",
        "contentOffer.callToAction.url: \"https://a.example\" -> none",
        "contentOffer.style.offer.color: \"#222222\" -> none",
    ];
    assert_eq!(lines(&difference.unchangeable), unchangeable);
}

#[test]
fn a_copy_is_exact_and_a_second_run_writes_nothing() {
    let service = StandIn::start();
    let config = builder!(service).token(&service.token()).unwrap();
    let copy = action_templates::ensure_exact(&config, &rich()).unwrap();
    assert!(matches!(copy.ensured, action_templates::Ensured::Created(_)) && copy.unchangeable.is_empty());
    let mut like = rich();
    like.description = None;
    let offer = like.content_offer.as_mut().unwrap();
    (offer.image_url, offer.title) = (None, Some("Shoes".into()));
    offer.style.as_mut().unwrap().position.as_mut().unwrap().left = None;
    let copy = action_templates::ensure_exact(&config, &like).unwrap();
    assert!(matches!(copy.ensured, action_templates::Ensured::Updated { .. }));
    assert!(action_templates::diff_exact(copy.ensured.entity(), &like).is_empty(), "{copy:?}");
    service.clear_requests();
    let again = action_templates::ensure_exact(&config, &like).unwrap();
    assert!(matches!(again.ensured, action_templates::Ensured::Unchanged(_)));
    assert_eq!(service.requests().len(), 1);
}
