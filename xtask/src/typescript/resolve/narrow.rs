//! The members of a declared type that remain after an assignment.

use super::assignable::any;
use super::{Resolver, Type, union};

impl<'p> Resolver<'p> {
    /// `declared` behind an assignment of `given`: of a union, the members that it may be.
    pub(in crate::typescript) fn narrowed(&self, declared: Type<'p>, given: &Type<'p>) -> Type<'p> {
        let Type::Union(members) = &declared else {
            return declared;
        };
        if matches!(given, Type::Any) {
            return declared;
        }
        let fits = |member: &Type<'p>| {
            any(given
                .members()
                .iter()
                .map(|one| self.assignable(one, member)))
        };
        let kept: Option<Vec<_>> = members
            .iter()
            .map(|member| Some((fits(member)?, member)))
            .collect();
        match kept {
            None => Type::unresolved("its type depends on the control flow"),
            Some(kept) if kept.iter().all(|(fits, _)| !fits) => declared,
            Some(kept) => union(
                kept.into_iter()
                    .filter(|(fits, _)| *fits)
                    .map(|(_, member)| member.clone()),
            ),
        }
    }
}
