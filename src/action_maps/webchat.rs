//! The texts of a webchat, which the vendor has dropped.

use serde::{Deserialize, Serialize};

use crate::open_enum::open_enum;
use crate::serde_util::{filled_list, plain_list};

/// The texts of a webchat. Dropped by the vendor.
#[doc(alias = "PatchActionProperties")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ActionProperties {
    /// The invitation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webchat_prompt: Option<String>,
    /// The title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webchat_title_text: Option<String>,
    /// The label of the button that accepts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webchat_accept_text: Option<String>,
    /// The label of the button that declines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webchat_decline_text: Option<String>,
    /// The questions before the chat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webchat_survey: Option<ActionSurvey>,
}

/// Questions before a webchat. Dropped by the vendor.
#[doc(alias = "PatchActionSurvey")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ActionSurvey {
    /// The questions.
    #[serde(deserialize_with = "filled_list")]
    pub questions: Vec<SurveyQuestion>,
}

open_enum! {
    /// The kind of input of a question.
    pub enum QuestionType {
        Text = "text",
        Hidden = "hidden",
        Select = "select",
        Checkbox = "checkbox",
        Textarea = "textarea",
    }
}

open_enum! {
    /// The field of a customer that the response to a question fills.
    pub enum CustomerProperty {
        GivenName = "givenName",
        FamilyName = "familyName",
        Email = "email",
        Phone = "phone",
        Gender = "gender",
        CompanyName = "companyName",
    }
}

/// A question before a webchat. Dropped by the vendor.
#[doc(alias = "JourneySurveyQuestion")]
#[doc(alias = "PatchSurveyQuestion")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SurveyQuestion {
    /// The kind of input.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub question_type: Option<QuestionType>,
    /// The field of the customer that the response fills.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_property: Option<CustomerProperty>,
    /// The text of the question.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The choices.
    #[serde(deserialize_with = "plain_list", skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
    /// Whether a response is required.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_mandatory: Option<bool>,
}
