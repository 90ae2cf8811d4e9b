--TEST--
Highper\Validation\Validator: without a request, in a plain script
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use Highper\Attribute\{Each, Email, Length, Range, Regex, Required, Unique, When};
use Highper\Http\Unprocessable;
use Highper\Validation\{Rule, Translator, Validator};
use function HighperTest\check;

final class Names { public function taken(string $name): bool { return $name === 'root'; } }
final readonly class Person {
    public function __construct(#[Length(2), Unique([Names::class, 'taken'])] public string $name, #[Range(1, 9)] public int $level = 1, public ?Person $friend = null) {}
}
final class Loud implements Translator { public function translate(string $rule, array $parameters, string $message): string { return strtoupper($message) . '!'; } }
#[Attribute] final class Odd implements Rule { public function check(mixed $value, array $fields): ?string { return $value % 2 ? null : 'must be odd'; } }

$v = new Validator;
$anna = $v->make(Person::class, ['name' => 'anna', 'friend' => ['name' => 'bob', 'level' => 2]]);
check('made', [$anna->name, $anna->level, $anna->friend->name, $anna->friend->friend], ['anna', 1, 'bob', null]);
check('errors', $v->errors(Person::class, ['name' => 'a', 'level' => '2', 'friend' => ['friend' => 1]]), ['name' => ['must have at least 2 characters'], 'level' => ['must be an integer, string given'], 'friend.name' => ['is required'], 'friend.friend' => ['must be an object']]);
check('texts', $v->errors(Person::class, ['name' => 'anna', 'level' => '2'], texts: true), []);
check('unique without an application', $v->errors(Person::class, ['name' => 'root']), ['name' => ['is taken already']]);
try {
    $v->make(Person::class, []);
} catch (Unprocessable $e) {
    check('thrown', $e->getErrors(), ['name' => ['is required']]);
}
check('translated', (new Validator(new Loud))->errors(Person::class, ['name' => 'x']), ['name' => ['MUST HAVE AT LEAST 2 CHARACTERS!']]);
check('rules alone', $v->check(['title' => '', 'tags' => ['a', 'bb'], 'n' => 2, 'kind' => 'x'], [
    'title' => new Required, 'missing' => [new Length(1)], 'needed' => [new Required('give it')], 'tags' => [new Each(new Regex('/^.$/'))], 'n' => [new Odd], 'why' => [new When('kind', 'x', new Required)],
]), ['title' => ['is required'], 'needed' => ['give it'], 'tags.1' => ['has the wrong form'], 'n' => ['must be odd'], 'why' => ['is required']]);
$deep = ['name' => 'zz'];
for ($i = 0; $i < 70; $i++) {
    $deep = ['name' => 'zz', 'friend' => $deep];
}
check('a class in itself has an end', array_values($v->errors(Person::class, $deep)), [['is nested deeper than 64 objects']]);
check('the same again and again', array_unique(array_map(fn () => count($v->errors(Person::class, [])), range(1, 50))), [1]);
foreach ([fn () => $v->make('Nobody', []), fn () => $v->check([], ['x' => 7]), fn () => $v->check([], ['x' => [new stdClass]]), fn () => new Length(max: -1), fn () => new Each] as $wrong) {
    try {
        $wrong();
    } catch (Throwable $e) {
        echo get_class($e), ': ', $e->getMessage(), "\n";
    }
}
?>
--EXPECT--
ok: made
ok: errors
ok: texts
ok: unique without an application
ok: thrown
ok: translated
ok: rules alone
ok: a class in itself has an end
ok: the same again and again
ValueError: Highper\Validation\Validator::make(): Argument #1 ($class) can't be made of values: (Nobody) is no class that can be made of a body
ValueError: Highper\Validation\Validator::check(): Argument #2 ($rules) has a wrong rule for 'x': int given
ValueError: Highper\Validation\Validator::check(): Argument #2 ($rules) has a wrong rule for 'x': stdClass is no rule: it must implement Highper\Validation\Rule
ValueError: Highper\Attribute\Length::__construct(): Argument #2 ($max) must not be less than the minimum
ValueError: Highper\Attribute\Each::__construct(): Argument #1 must be given
