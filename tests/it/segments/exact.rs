//! Exact mode: fields that the other segment lacks are cleared, and unchangeable differences are listed.

use genesys_journey::segments::Scope;
use genesys_listener::{Listener, Scripted};

use super::*;

fn lines(changes: &[genesys_journey::Change]) -> Vec<String> {
    changes.iter().map(ToString::to_string).collect()
}

/// Returns a segment with nothing but a name.
fn bare(name: &str) -> Segment {
    segment(json!({ "displayName": name, "color": null }))
}

#[test]
fn fields_that_the_other_lacks_are_cleared() {
    let segment = created_from(&rich());
    let mut like = bare("From code");
    (like.context, like.journey) = (None, None);
    let difference = segments::diff_exact(&segment, &like);
    let expected = SegmentUpdate {
        version: Some(1),
        description: Update::Clear,
        color: Update::Clear,
        should_display_to_agent: Update::Set(false),
        context: Update::Clear,
        journey: Update::Clear,
        assignment_expiration_days: Update::Clear,
        ..SegmentUpdate::default()
    };
    assert_eq!(difference.update, expected);
    assert_eq!(lines(&difference.unchangeable), [""; 0]);
    assert!(!difference.is_empty());
    // The other mode leaves them alone.
    let update = segments::diff(&segment, &NewSegment::new("From code"));
    assert!(update.is_empty());
}

#[test]
fn an_absent_flag_is_the_same_as_false() {
    let mut like = bare("VIP");
    like.should_display_to_agent = None;
    let mut segment = like.clone();
    segment.should_display_to_agent = Some(false);
    segment.description = Some(String::new());
    segment.context = Some(Context::default());
    segment.journey = Some(Journey::default());
    assert!(segments::diff_exact(&segment, &like).is_empty());
    segment.should_display_to_agent = Some(true);
    assert_eq!(segments::diff_exact(&segment, &like).update.should_display_to_agent, Update::Clear);
}

#[test]
fn scope_and_external_segment_are_unchangeable() {
    let external = |id: &str, source| ExternalSegment { source: Some(source), ..ExternalSegment::new(id, "Theirs") };
    let mut segment = bare("VIP");
    segment.scope = Some(Scope::Session);
    let mut like = segment.clone();
    like.scope = Some(Scope::Customer);
    like.external_segment = Some(external("a", ExternalSource::Custom));
    let difference = segments::diff_exact(&segment, &like);
    assert!(difference.update.is_empty() && !difference.is_empty());
    let there = r#"externalSegment: none -> {"id":"a","name":"Theirs","source":"Custom"}"#;
    assert_eq!(lines(&difference.unchangeable), [r#"scope: "Session" -> "Customer""#, there]);

    like.scope = None;
    for other in [
        None,
        Some(external("b", ExternalSource::Custom)),
        Some(external("a", ExternalSource::AdobeExperiencePlatform)),
    ] {
        segment.external_segment = like.external_segment.clone();
        let mut like = like.clone();
        like.external_segment = other;
        let difference = segments::diff_exact(&segment, &like);
        assert!(difference.update.is_empty());
        assert_eq!(difference.unchangeable.len(), 1, "{:?}", like.external_segment);
    }

    // Its name can be changed.
    segment.external_segment = like.external_segment.clone();
    like.external_segment.as_mut().unwrap().name = "Ours".into();
    let difference = segments::diff_exact(&segment, &like);
    assert_eq!(
        lines(&segments::changes(&segment, &difference.update)),
        [r#"externalSegment.name: "Theirs" -> "Ours""#]
    );
    assert!(difference.unchangeable.is_empty());
}

#[test]
fn a_copy_is_exact_and_a_second_run_writes_nothing() {
    let service = StandIn::start();
    let config = with_slow_backoff(&service);
    let id = service.add_segment(serde_json::to_value(rich()).unwrap());
    let mut like = bare("From code");
    like.description = Some("Copied".into());
    like.color = Some("#123456".into());
    like.scope = Some(Scope::Customer);
    let copy = segments::ensure_exact(&config, &like).unwrap();
    let Ensured::Updated { entity: segment, .. } = copy.ensured else { panic!("not updated") };
    assert_eq!(segment.id, id);
    assert_eq!(NewSegment::from(&segment), NewSegment::from(&like));
    assert_eq!(lines(&copy.unchangeable), [r#"scope: "Session" -> "Customer""#]);
    assert_eq!(methods_of(&service), "GET PATCH GET");
    let again = segments::ensure_exact(&config, &like).unwrap();
    assert!(matches!(again.ensured, Ensured::Unchanged(_)));
    assert_eq!(again.unchangeable.len(), 1);
    assert_eq!(methods_of(&service), "GET");
}

#[test]
fn a_missing_copy_is_created() {
    let service = StandIn::start();
    let like = created_from(&rich());
    let copy = segments::ensure_exact(&with_slow_backoff(&service), &like).unwrap();
    assert!(matches!(copy.ensured, Ensured::Created(_)) && copy.unchangeable.is_empty());
    assert_eq!(service.segments().len(), 1);
    assert!(segments::diff_exact(copy.ensured.entity(), &like).is_empty());
}

#[test]
fn the_defaults_of_a_new_copy_are_cleared() {
    let service = StandIn::start();
    // The service fills in a colour.
    let like = bare("VIP");
    let copy = segments::ensure_exact(&with_slow_backoff(&service), &like).unwrap();
    assert!(matches!(copy.ensured, Ensured::Created(_)) && copy.unchangeable.is_empty());
    assert!(segments::diff_exact(copy.ensured.entity(), &like).is_empty(), "{copy:?}");
    assert_eq!(service.segments()[0]["color"], json!(null));
    let again = segments::ensure_exact(&with_slow_backoff(&service), &like).unwrap();
    assert!(matches!(again.ensured, Ensured::Unchanged(_)));
}

#[test]
fn a_copy_of_a_similar_name_is_created() {
    let service = StandIn::start();
    add(&service, "VIP");
    let copy = segments::ensure_exact(&with_slow_backoff(&service), &bare("vip")).unwrap();
    assert!(matches!(copy.ensured, Ensured::Created(_)));
    assert_eq!(service.segments().len(), 2);
}

#[test]
fn changes_are_printed_one_by_line() {
    let segment = created_from(&rich());
    let mut wanted = NewSegment { description: Some("Two\nlines".into()), is_active: Some(false), ..rich() };
    wanted.context.as_mut().unwrap().patterns.reverse();
    wanted.journey.as_mut().unwrap().patterns[1].count = Some(3);
    let changes = segments::changes(&segment, &segments::diff(&segment, &wanted));
    let expected =
        [r#"description: "From code" -> "Two\nlines""#, "isActive: true -> false", "journey.patterns[1].count: 1 -> 3"];
    assert_eq!(lines(&changes), expected);
}

#[test]
fn a_copy_that_reads_do_not_show_is_created_once() {
    // After the create, reads lag or fail, and the update that clears the defaults finds nothing.
    let copy = json!({ "id": "new", "displayName": "From code", "version": 1, "isActive": true, "color": "#000000" });
    let listener = Listener::responding(move |request| match (request.method.as_str(), request.number % 3) {
        ("POST", _) => Scripted::json(200, copy.clone()),
        ("PATCH", _) => Scripted::json(404, json!({ "code": "not.found" })),
        (_, 0) if request.number > 2 => Scripted::json(200, "{}"),
        _ => Scripted::json(200, json!({ "entities": [], "total": 0 })),
    });
    let error = segments::ensure_exact(&genesys_listener::calls::config(&listener), &bare("From code")).unwrap_err();
    assert!(error.to_string().contains("was created, but its defaults were not cleared"), "{error}");
    assert_eq!(listener.requests().iter().filter(|request| request.method == "POST").count(), 1);
}
