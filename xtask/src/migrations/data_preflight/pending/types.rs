//! Follows the types that pending statements make and change.

use super::{Pending, Place};
use crate::migrations::statements::{Reference, TypeAction};
use crate::schema::model::ObjectName;

impl Pending {
    pub(super) fn make_type(
        &mut self,
        place: Place<'_>,
        name: &Reference,
        labels: Option<Vec<String>>,
    ) {
        if let Some(name) = name.object(&place.statement.path, |_| false) {
            self.types.insert(name, labels);
        }
    }

    pub(super) fn alter_type(&mut self, place: Place<'_>, name: &Reference, action: &TypeAction) {
        let known = |object: &ObjectName| self.types.contains_key(object);
        let Some(object) = name.object(&place.statement.path, known) else {
            return;
        };
        let labels = self.types.get(&object).cloned().flatten();
        match action {
            TypeAction::AddValue(label) => {
                let labels = labels.map(|mut labels| {
                    labels.push(label.clone());
                    labels
                });
                self.types.insert(object, labels);
            }
            TypeAction::RenameTo(to) => {
                let renamed = ObjectName {
                    namespace: object.namespace.clone(),
                    name: to.clone(),
                };
                self.types.insert(object, None);
                self.types.insert(renamed, labels);
            }
            TypeAction::RenameValue { .. } | TypeAction::SetSchema(_) | TypeAction::Attributes => {
                self.types.insert(object, None);
            }
            TypeAction::Harmless => {}
        }
    }
}
