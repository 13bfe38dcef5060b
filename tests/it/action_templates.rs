//! Action templates: the request, the response and one error of each operation.

mod diff;
mod ensure;

use genesys_journey::action_templates::{
    self, ActionTemplate, ActionTemplateUpdate, ListActionTemplates, NewActionTemplate, TemplateState,
};
use genesys_journey::offers::{
    CallToAction, CloseButtonStyle, ContentOffer, ContentOfferStyle, ContentOfferUpdate, DisplayMode, LayoutMode,
    MediaType, Position, Target,
};
use genesys_journey::{ErrorKind, Update};
use genesys_stand_in::{StandIn, config};
use serde_json::json;

const PATH: &str = "journey/actiontemplates";

fn add(service: &StandIn, name: &str, state: &str) -> String {
    service.add(PATH, json!({ "name": name, "state": state, "mediaType": "contentOffer" }))
}

#[test]
fn list_sends_every_option_in_the_vendors_spelling() {
    let service = StandIn::start();
    let config = config!(service);
    let id = add(&service, "Boots", "Active");
    add(&service, "Boots, old", "Inactive");
    let list = ListActionTemplates {
        page_size: Some(3),
        page_number: Some(1),
        sort_by: Some("name".into()),
        media_type: Some(MediaType::ContentOffer),
        state: Some(TemplateState::Active),
        query_fields: vec!["name".into(), "description".into()],
        query_value: Some("boots".into()),
    };
    let page = action_templates::list(&config, &list).unwrap();
    assert_eq!(page.entities.iter().map(|template| &template.id).collect::<Vec<_>>(), [&id]);
    assert_eq!(
        service.last_request().raw_query,
        "pageSize=3&pageNumber=1&sortBy=name&mediaType=contentOffer&state=Active&queryFields=name\
         &queryFields=description&queryValue=boots"
    );
    let error = action_templates::list(&config, &ListActionTemplates { query_value: None, ..list }).unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::Input, Some("queryValue")));
    assert_eq!(service.requests().len(), 1);
}

#[test]
fn list_all_reads_every_page_with_the_filter() {
    let service = StandIn::start();
    let added: Vec<String> = (0..120).map(|n| add(&service, &format!("Template {n}"), "Active")).collect();
    add(&service, "Old", "Deleted");
    let list = ListActionTemplates { state: Some(TemplateState::Active), ..Default::default() };
    let all = action_templates::list_all(&config!(service), &list);
    assert_eq!(all.map(|template| template.unwrap().id).collect::<Vec<_>>(), added);
    assert_eq!(service.last_request().raw_query, "pageSize=100&pageNumber=2&state=Active");
}

#[test]
fn get_returns_the_template_and_names_a_missing_one() {
    let service = StandIn::start();
    let config = config!(service);
    let id = add(&service, "Boots", "Active");
    let template = action_templates::get(&config, &id).unwrap();
    assert_eq!((template.name.as_deref(), template.version), (Some("Boots"), Some(1)));
    assert!(action_templates::get(&config, "none").unwrap_err().is_not_found());
    assert_eq!(action_templates::get(&config, ".").unwrap_err().field(), Some("actionTemplateId"));
}

#[test]
fn create_sends_the_content_with_its_looks() {
    let service = StandIn::start();
    let config = config!(service);
    let style = ContentOfferStyle {
        position: Some(Position { bottom: Some("20px".into()), ..Position::default() }),
        close_button: Some(CloseButtonStyle { color: Some("#666666".into()), opacity: Some(0.5) }),
        ..ContentOfferStyle::default()
    };
    let template = NewActionTemplate {
        content_offer: Some(ContentOffer {
            display_mode: Some(DisplayMode::Toast),
            layout_mode: Some(LayoutMode::LeftText),
            title: Some("Still comparing boots?".into()),
            call_to_action: Some(CallToAction {
                target: Some(Target::SameWindow),
                url: Some("https://shop.example.com".into()),
                ..CallToAction::default()
            }),
            style: Some(style),
            ..ContentOffer::default()
        }),
        ..NewActionTemplate::new("Boots", MediaType::ContentOffer, TemplateState::Active)
    };
    let created = action_templates::create(&config, &template).unwrap();
    assert_eq!(created.content_offer, template.content_offer);
    let body = json!({
        "name": "Boots", "mediaType": "contentOffer", "state": "Active",
        "contentOffer": {
            "displayMode": "Toast", "layoutMode": "LeftText", "title": "Still comparing boots?",
            "callToAction": { "target": "Self", "url": "https://shop.example.com" },
            "style": { "position": { "bottom": "20px" }, "closeButton": { "color": "#666666", "opacity": 0.5 } },
        },
    });
    assert_eq!(service.last_request().body, Some(body));

    let unnamed = NewActionTemplate { name: String::new(), ..template };
    assert_eq!(action_templates::create(&config, &unnamed).unwrap_err().field(), Some("name"));
    assert_eq!(service.requests().len(), 1);
}

#[test]
fn an_update_has_the_version_and_the_name_and_clears_texts() {
    let service = StandIn::start();
    let config = config!(service);
    let id = add(&service, "Boots", "Active");
    let template = action_templates::get(&config, &id).unwrap();
    let offer = ContentOfferUpdate {
        headline: "30 % off".into(),
        image_url: Update::Clear,
        style: Update::Clear,
        ..ContentOfferUpdate::default()
    };
    let update = ActionTemplateUpdate {
        description: Update::Clear,
        content_offer: offer.into(),
        ..ActionTemplateUpdate::of(&template)
    };
    action_templates::update(&config, &id, &update).unwrap();
    let body = json!({
        "version": 1, "name": "Boots", "description": "",
        "contentOffer": { "headline": "30 % off", "imageUrl": "", "style": null },
    });
    assert_eq!(service.last_request().body, Some(body));
    assert!(action_templates::update(&config, &id, &update).unwrap_err().is_version_conflict());
    let unnamed = ActionTemplateUpdate { name: Some(String::new()), ..ActionTemplateUpdate::default() };
    assert_eq!(action_templates::update(&config, &id, &unnamed).unwrap_err().field(), Some("name"));
    assert!(ActionTemplateUpdate { version: Some(1), ..ActionTemplateUpdate::default() }.is_empty());
}

#[test]
fn a_content_offer_becomes_an_update_that_clears_what_it_lacks() {
    let offer = ContentOffer {
        display_mode: Some(DisplayMode::Toast),
        title: Some("Boots".into()),
        style: Some(ContentOfferStyle { position: Some(Position::default()), ..ContentOfferStyle::default() }),
        ..ContentOffer::default()
    };
    let update = serde_json::to_value(ContentOfferUpdate::from(&offer)).unwrap();
    let expected = json!({
        "displayMode": "Toast", "title": "Boots", "imageUrl": "", "headline": "", "body": "", "imageAltText": "",
        "callToAction": null,
        "style": {
            "position": { "top": "", "bottom": "", "left": "", "right": "" }, "offer": null, "closeButton": null,
            "ctaButton": null, "title": null, "headline": null, "body": null,
        },
    });
    assert_eq!(update, expected);
}

#[test]
fn delete_marks_a_template_or_removes_it() {
    let service = StandIn::start();
    let config = config!(service);
    let id = add(&service, "Boots", "Active");
    action_templates::delete(&config, &id, None).unwrap();
    assert_eq!(service.last_request().raw_query, "");
    assert_eq!(action_templates::get(&config, &id).unwrap().state, Some(TemplateState::Deleted));
    action_templates::delete(&config, &id, Some(true)).unwrap();
    assert_eq!(service.last_request().raw_query, "hardDelete=true");
    assert!(action_templates::get(&config, &id).unwrap_err().is_not_found());
    assert!(action_templates::delete(&config, &id, Some(false)).unwrap_err().is_not_found());
}

#[test]
fn only_the_id_is_required() {
    let template: ActionTemplate = serde_json::from_str(r#"{"id":"7","version":2.0,"name":null}"#).unwrap();
    assert_eq!((template.id.as_str(), template.version, template.name), ("7", Some(2), None));
    assert!(serde_json::from_str::<ActionTemplate>("{}").is_err());
}
