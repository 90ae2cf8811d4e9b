--TEST--
Application: rules with wrong arguments, or for a type that can never keep them, keep the server from starting, with file and line
--FILE--
<?php
require __DIR__ . '/wrong_attributes.inc';

$dto = fn (string $field) => "final readonly class Dto { public function __construct({$field}) {} }\n#[Controller]\nfinal class Bad {\n    #[Post('/a')] public function a(#[Body] Dto \$dto) {}\n}";
refused([
    $dto('#[Length] public string $x'), $dto('#[Length(3, 2)] public string $x'), $dto('#[Length(-1)] public string $x'), $dto('#[Length(2)] public int $x'),
    $dto('#[Range] public int $x'), $dto('#[Range(3, 2)] public int $x'), $dto('#[Range(1)] public string $x'), $dto('#[Range("a")] public int $x'),
    $dto('#[Regex("(")] public string $x'), $dto('#[Regex("/(/")] public string $x'), $dto('#[Regex("/a/")] public int $x'),
    $dto('#[In([])] public string $x'), $dto('#[In("a")] public string $x'), $dto('#[Email(1, 2)] public string $x'), $dto('#[Email] public int $x'), $dto('#[Url([1])] public string $x'), $dto('#[Url] public array $x'),
    $dto('#[Uuid(9)] public string $x'), $dto('#[Uuid] public int $x'), $dto('#[Each] public array $x'), $dto('#[Each("Missing")] public array $x'), $dto('#[Each(new Email)] public string $x'), $dto('#[Each("int")] public string $x'), $dto('#[Each(new \stdClass)] public array $x'),
    $dto('#[When("y", 1)] public string $x'), $dto('#[When("y", 1, new Length(2))] public int $x'), $dto('#[When("x", 1, new \stdClass)] public string $x, public int $y = 1'),
    $dto('#[When("kin", 1, new Required)] public ?string $x, public int $kind = 1'), $dto('public string $a, #[When("b", 1, new When("c", 2, new Required))] public ?string $x, public int $b = 1'),
    $dto('#[Each(new When("x", 1, new Required))] public array $x'), "#[Controller]\nfinal class Bad {\n    #[Get('/a')] public function a(#[Query, When('b', 1, new Length(2))] ?string \$x, #[Query] int \$b = 1) {}\n}",
    $dto('#[Unique("")] public string $x'), $dto('#[Unique] public string $x'), $dto('#[Required(1, 2, 3)] public string $x'), $dto('#[Date("")] public \DateTimeImmutable $x'), $dto('public \Closure $x'), $dto('public callable $x'),
]);
?>
--EXPECT--
Dto { #[Length] public string $x) {} } Bad { #[Post('/a')] a(#[Body] Dto $dto) {} }
    route POST /a (Bad.php:8): its parameter $dto is wrong: #[Length] on $x of App\Dto::__construct() in Bad.php:5: Highper\Attribute\Length::__construct(): Argument #1 ($min) must be given, or $max
Dto { #[Length(3, 2)] public string $x) {} } Bad { #[Post('/a')] a(#[Body] Dto $dto) {} }
    route POST /a (Bad.php:8): its parameter $dto is wrong: #[Length] on $x of App\Dto::__construct() in Bad.php:5: Highper\Attribute\Length::__construct(): Argument #2 ($max) must not be less than the minimum
Dto { #[Length(-1)] public string $x) {} } Bad { #[Post('/a')] a(#[Body] Dto $dto) {} }
    route POST /a (Bad.php:8): its parameter $dto is wrong: #[Length] on $x of App\Dto::__construct() in Bad.php:5: Highper\Attribute\Length::__construct(): Argument #1 ($min) must not be negative
Dto { #[Length(2)] public int $x) {} } Bad { #[Post('/a')] a(#[Body] Dto $dto) {} }
    route POST /a (Bad.php:8): its parameter $dto is wrong: #[Length] on $x of App\Dto::__construct() in Bad.php:5: it is a rule for texts and arrays, and the type is int
Dto { #[Range] public int $x) {} } Bad { #[Post('/a')] a(#[Body] Dto $dto) {} }
    route POST /a (Bad.php:8): its parameter $dto is wrong: #[Range] on $x of App\Dto::__construct() in Bad.php:5: Highper\Attribute\Range::__construct(): Argument #1 ($min) must be given, or $max
Dto { #[Range(3, 2)] public int $x) {} } Bad { #[Post('/a')] a(#[Body] Dto $dto) {} }
    route POST /a (Bad.php:8): its parameter $dto is wrong: #[Range] on $x of App\Dto::__construct() in Bad.php:5: Highper\Attribute\Range::__construct(): Argument #2 ($max) must not be less than the minimum
Dto { #[Range(1)] public string $x) {} } Bad { #[Post('/a')] a(#[Body] Dto $dto) {} }
    route POST /a (Bad.php:8): its parameter $dto is wrong: #[Range] on $x of App\Dto::__construct() in Bad.php:5: it is a rule for numbers, and the type is string
Dto { #[Range("a")] public int $x) {} } Bad { #[Post('/a')] a(#[Body] Dto $dto) {} }
    route POST /a (Bad.php:8): its parameter $dto is wrong: #[Range] on $x of App\Dto::__construct() in Bad.php:5: Highper\Attribute\Range::__construct(): Argument #1 ($min) must be a number, string given
Dto { #[Regex("(")] public string $x) {} } Bad { #[Post('/a')] a(#[Body] Dto $dto) {} }
    route POST /a (Bad.php:8): its parameter $dto is wrong: #[Regex] on $x of App\Dto::__construct() in Bad.php:5: Highper\Attribute\Regex::__construct(): Argument #1 ($pattern) must be a regular expression with delimiters
Dto { #[Regex("/(/")] public string $x) {} } Bad { #[Post('/a')] a(#[Body] Dto $dto) {} }
    route POST /a (Bad.php:8): its parameter $dto is wrong: #[Regex] on $x of App\Dto::__construct() in Bad.php:5: Highper\Attribute\Regex::__construct(): Argument #1 ($pattern) must be a regular expression with delimiters
Dto { #[Regex("/a/")] public int $x) {} } Bad { #[Post('/a')] a(#[Body] Dto $dto) {} }
    route POST /a (Bad.php:8): its parameter $dto is wrong: #[Regex] on $x of App\Dto::__construct() in Bad.php:5: it is a rule for texts, and the type is int
Dto { #[In([])] public string $x) {} } Bad { #[Post('/a')] a(#[Body] Dto $dto) {} }
    route POST /a (Bad.php:8): its parameter $dto is wrong: #[In] on $x of App\Dto::__construct() in Bad.php:5: Highper\Attribute\In::__construct(): Argument #1 ($values) must not be empty
Dto { #[In("a")] public string $x) {} } Bad { #[Post('/a')] a(#[Body] Dto $dto) {} }
    route POST /a (Bad.php:8): its parameter $dto is wrong: #[In] on $x of App\Dto::__construct() in Bad.php:5: Highper\Attribute\In::__construct(): Argument #1 ($values) must be of type array, string given
Dto { #[Email(1, 2)] public string $x) {} } Bad { #[Post('/a')] a(#[Body] Dto $dto) {} }
    route POST /a (Bad.php:8): its parameter $dto is wrong: #[Email] on $x of App\Dto::__construct() in Bad.php:5: Highper\Attribute\Email::__construct() expects at most 1 argument, 2 given
Dto { #[Email] public int $x) {} } Bad { #[Post('/a')] a(#[Body] Dto $dto) {} }
    route POST /a (Bad.php:8): its parameter $dto is wrong: #[Email] on $x of App\Dto::__construct() in Bad.php:5: it is a rule for texts, and the type is int
Dto { #[Url([1])] public string $x) {} } Bad { #[Post('/a')] a(#[Body] Dto $dto) {} }
    route POST /a (Bad.php:8): its parameter $dto is wrong: #[Url] on $x of App\Dto::__construct() in Bad.php:5: Highper\Attribute\Url::__construct(): Argument #1 ($schemes) must be a list of schemes
Dto { #[Url] public array $x) {} } Bad { #[Post('/a')] a(#[Body] Dto $dto) {} }
    route POST /a (Bad.php:8): its parameter $dto is wrong: #[Url] on $x of App\Dto::__construct() in Bad.php:5: it is a rule for texts, and the type is array
Dto { #[Uuid(9)] public string $x) {} } Bad { #[Post('/a')] a(#[Body] Dto $dto) {} }
    route POST /a (Bad.php:8): its parameter $dto is wrong: #[Uuid] on $x of App\Dto::__construct() in Bad.php:5: Highper\Attribute\Uuid::__construct(): Argument #1 ($version) must be between 1 and 8
Dto { #[Uuid] public int $x) {} } Bad { #[Post('/a')] a(#[Body] Dto $dto) {} }
    route POST /a (Bad.php:8): its parameter $dto is wrong: #[Uuid] on $x of App\Dto::__construct() in Bad.php:5: it is a rule for texts, and the type is int
Dto { #[Each] public array $x) {} } Bad { #[Post('/a')] a(#[Body] Dto $dto) {} }
    route POST /a (Bad.php:8): its parameter $dto is wrong: #[Each] on $x of App\Dto::__construct() in Bad.php:5: Highper\Attribute\Each::__construct(): Argument #1 must be given
Dto { #[Each("Missing")] public array $x) {} } Bad { #[Post('/a')] a(#[Body] Dto $dto) {} }
    route POST /a (Bad.php:8): its parameter $dto (App\Dto) has $x (Missing) is no class that can be made of a body
Dto { #[Each(new Email)] public string $x) {} } Bad { #[Post('/a')] a(#[Body] Dto $dto) {} }
    route POST /a (Bad.php:8): its parameter $dto is wrong: #[Each] on $x of App\Dto::__construct() in Bad.php:5: it is a rule for arrays, and the type is string
Dto { #[Each("int")] public string $x) {} } Bad { #[Post('/a')] a(#[Body] Dto $dto) {} }
    route POST /a (Bad.php:8): its parameter $dto (App\Dto) has $x (string) has #[Each] and is no array
Dto { #[Each(new \stdClass)] public array $x) {} } Bad { #[Post('/a')] a(#[Body] Dto $dto) {} }
    route POST /a (Bad.php:8): its parameter $dto is wrong: #[Each] on $x of App\Dto::__construct() in Bad.php:5: stdClass is no rule: it must implement Highper\Validation\Rule
Dto { #[When("y", 1)] public string $x) {} } Bad { #[Post('/a')] a(#[Body] Dto $dto) {} }
    route POST /a (Bad.php:8): its parameter $dto is wrong: #[When] on $x of App\Dto::__construct() in Bad.php:5: Highper\Attribute\When::__construct(): Argument #3 must be given
Dto { #[When("y", 1, new Length(2))] public int $x) {} } Bad { #[Post('/a')] a(#[Body] Dto $dto) {} }
    route POST /a (Bad.php:8): its parameter $dto is wrong: #[When] on $x of App\Dto::__construct() in Bad.php:5: it is a rule for texts and arrays, and the type is int
Dto { #[When("x", 1, new \stdClass)] public string $x, public int $y = 1) {} } Bad { #[Post('/a')] a(#[Body] Dto $dto) {} }
    route POST /a (Bad.php:8): its parameter $dto is wrong: #[When] on $x of App\Dto::__construct() in Bad.php:5: stdClass is no rule: it must implement Highper\Validation\Rule
Dto { #[When("kin", 1, new Required)] public ?string $x, public int $kind = 1) {} } Bad { #[Post('/a')] a(#[Body] Dto $dto) {} }
    route POST /a (Bad.php:8): its parameter $dto is wrong: #[When] on $x of App\Dto::__construct() in Bad.php:5: there is no field 'kin' beside it; did you mean 'kind'?
Dto { public string $a, #[When("b", 1, new When("c", 2, new Required))] public ?string $x, public int $b = 1) {} } Bad { #[Post('/a')] a(#[Body] Dto $dto) {} }
    route POST /a (Bad.php:8): its parameter $dto is wrong: #[When] on $x of App\Dto::__construct() in Bad.php:5: there is no field 'c' beside it; did you mean 'a'?
Dto { #[Each(new When("x", 1, new Required))] public array $x) {} } Bad { #[Post('/a')] a(#[Body] Dto $dto) {} }
    route POST /a (Bad.php:8): its parameter $dto is wrong: #[Each] on $x of App\Dto::__construct() in Bad.php:5: it looks at the field 'x', and there are no fields beside it: let a class have both
Bad { #[Get('/a')] a(#[Query, When('b', 1, new Length(2))] ?string $x, #[Query] int $b = 1) {} }
    route GET /a (Bad.php:7): #[When] on $x of App\Bad::a() in Bad.php:7: it looks at the field 'b', and there are no fields beside it: let a class have both
Dto { #[Unique("")] public string $x) {} } Bad { #[Post('/a')] a(#[Body] Dto $dto) {} }
    route POST /a (Bad.php:8): its parameter $dto is wrong: #[Unique] on $x of App\Dto::__construct() in Bad.php:5: function "" not found or invalid function name
Dto { #[Unique] public string $x) {} } Bad { #[Post('/a')] a(#[Body] Dto $dto) {} }
    route POST /a (Bad.php:8): its parameter $dto is wrong: #[Unique] on $x of App\Dto::__construct() in Bad.php:5: Highper\Attribute\Unique::__construct() expects at least 1 argument, 0 given
Dto { #[Required(1, 2, 3)] public string $x) {} } Bad { #[Post('/a')] a(#[Body] Dto $dto) {} }
    route POST /a (Bad.php:8): its parameter $dto is wrong: #[Required] on $x of App\Dto::__construct() in Bad.php:5: Highper\Attribute\Required::__construct() expects at most 1 argument, 3 given
Dto { #[Date("")] public \DateTimeImmutable $x) {} } Bad { #[Post('/a')] a(#[Body] Dto $dto) {} }
    route POST /a (Bad.php:8): its parameter $dto is wrong: #[Date] on $x of App\Dto::__construct() in Bad.php:5: Highper\Attribute\Date::__construct(): Argument #1 ($format) must not be empty
Dto { public \Closure $x) {} } Bad { #[Post('/a')] a(#[Body] Dto $dto) {} }
    route POST /a (Bad.php:8): its parameter $dto (App\Dto) has $x (Closure) has a constructor that is not public
Dto { public callable $x) {} } Bad { #[Post('/a')] a(#[Body] Dto $dto) {} }
    Fatal error: Property App\Dto::$x cannot have type callable in Bad.php on line 5
