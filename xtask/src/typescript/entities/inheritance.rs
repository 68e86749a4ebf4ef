//! Entities that share a table: the columns of children are columns of their parent's table,
//! whatever file they stand in.

use crate::facts::{Declaration, Facts, Field, TableKeys};

/// The keys of a table with those that a child adds. Of those that one of the two leaves unsaid,
/// nothing is said.
fn together(
    parent: Option<Box<TableKeys>>,
    child: Option<Box<TableKeys>>,
) -> Option<Box<TableKeys>> {
    let (mut parent, child) = (parent?, child?);
    parent.uniques = parent.uniques.zip(child.uniques).map(concatenated);
    parent.foreign = parent.foreign.zip(child.foreign).map(concatenated);
    Some(parent)
}

fn concatenated<T>((mut one, other): (Vec<T>, Vec<T>)) -> Vec<T> {
    one.extend(other);
    one
}

/// Adds the columns of child entities to their parents, of which each child says where it stands.
/// A child is a part of a table, and no description of it.
pub fn merge_children(facts: &mut Facts) {
    let is_child = |one: &Declaration| one.of_type.is_some();
    if !facts.tables.iter().any(is_child) {
        return;
    }
    let (children, mut tables): (Vec<_>, Vec<_>) = std::mem::take(&mut facts.tables)
        .into_iter()
        .partition(is_child);
    for child in children {
        let parent = tables
            .iter_mut()
            .find(|table| Some(&table.location) == child.of_type.as_ref());
        // One whose parent has no role is judged for itself.
        let Some(parent) = parent else {
            let mut alone = child;
            alone.tags.projection = true;
            tables.push(alone);
            continue;
        };
        let mut added = Vec::new();
        for field in &child.fields {
            let is_known = |known: &Field| known.column == field.column;
            if !parent.fields.iter().any(is_known) {
                added.push(field.clone());
            }
        }
        parent.fields = parent.fields.iter().cloned().chain(added).collect();
        parent.keys = together(parent.keys.take(), child.keys);
        parent.unresolved = parent.unresolved.take().or(child.unresolved);
    }
    facts.tables = tables;
}
