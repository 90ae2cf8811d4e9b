//! Validation: what is wrong with given values, all of it at once. Rules stand as attributes on the parameters of a
//! constructor, and nothing here needs a request.

pub(crate) mod rule;
pub(crate) mod run;
pub(crate) mod validator;

use highper_zend::{Class, ClassRef, Registry};

static RULE: ClassRef = ClassRef::new("Highper\\Validation\\Rule");
pub(crate) static TRANSLATOR: ClassRef = ClassRef::new("Highper\\Validation\\Translator");

pub(crate) fn declare(registry: &mut Registry) {
    registry.class(
        Class::interface("Highper\\Validation\\Rule")
            .doc("A rule of one's own: an attribute class that implements this.")
            .handle(&RULE)
            .abstract_method(
                "public function check(mixed $value, array $fields): ?string",
                "What is wrong with a value, or null. It is never null itself; $fields are the values beside it as they were given.",
            ),
    );
    registry.class(
        Class::interface("Highper\\Validation\\Translator")
            .doc("Bound in the container, it says all messages of rules in other words.")
            .handle(&TRANSLATOR)
            .abstract_method(
                "public function translate(string $rule, array $parameters, string $message): string",
                "A message. $rule is its name, as 'length.min'; $parameters are what it speaks of, as ['min' => '3']; $message is the text in English.",
            ),
    );
    validator::declare(registry);
}
