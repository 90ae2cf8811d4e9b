--TEST--
Application: attributes of parameters with wrong arguments, names and types keep the server from starting, with file and line
--FILE--
<?php
require __DIR__ . '/wrong_attributes.inc';

$handler = fn (string $parameters) => "#[Controller]\nfinal class Bad {\n    #[Get('/a/{id}')]\n    public function a({$parameters}) {}\n}";
refused([
    $handler('#[Body] int $x'), $handler('#[Body] Missing $x'), $handler('#[Body] \DateTimeInterface&\Countable $x'), $handler('#[Body(1)] array $a'),
    $handler('#[Query] int $id'), $handler('#[Query(name: [])] int $x'), $handler('#[Query, Header] int $x'), $handler('#[Query(""), Get] int $x'),
    $handler('#[Header] array $x'), $handler('#[Header("a b")] string $x'), $handler('#[Cookie] array $x'), $handler('#[Cookie("a=b")] string $x'),
    $handler('#[Query] int ...$x'), $handler('#[Header("")] string $x'), $handler('#[Body] \stdClass $x'), $handler('#[Body] \Generator $x'), "enum None: string {}\n" . $handler('#[Query] ?None $x = null'),
    $handler('#[File] int $x'), $handler('#[File(max: "2X")] Upload $x'), $handler('#[File(max: 0)] Upload $x'),
    $handler('#[Config("none.at.all")] string $x'), $handler('#[Config] string $x'), $handler('#[Inject("nobody")] $x'), $handler('#[Inject] int $x'),
    $handler('#[Date("d.m.Y")] int $x'), $handler('#[Date] \DateTimeImmutable $x'),
    $handler('string $nothing'), $handler('Missing $x'), $handler('#[\Highper\Attribute\Nobody] int $id'),
]);
?>
--EXPECT--
Bad { #[Get('/a/{id}')] a(#[Body] int $x) {} }
    route GET {id} (Bad.php:8): its parameter $x (int) can't be a body: array, string or a class is expected
Bad { #[Get('/a/{id}')] a(#[Body] Missing $x) {} }
    route GET {id} (Bad.php:8): its parameter $x (App\Missing) is no class that can be made of a body
Bad { #[Get('/a/{id}')] a(#[Body] \DateTimeInterface&\Countable $x) {} }
    route GET {id} (Bad.php:8): its parameter $x (DateTimeInterface&Countable) can't be a body: array, string or a class is expected
Bad { #[Get('/a/{id}')] a(#[Body(1)] array $a) {} }
    route GET {id} (Bad.php:8): #[Body] on $a of App\Bad::a() in Bad.php:8: Highper\Attribute\Body::__construct() expects exactly 0 arguments, 1 given
Bad { #[Get('/a/{id}')] a(#[Query] int $id) {} }
    route GET {id} (Bad.php:8): its parameter $id is in the path and marked with #[Query]: leave that away, or give one of them another name
Bad { #[Get('/a/{id}')] a(#[Query(name: [])] int $x) {} }
    route GET {id} (Bad.php:8): #[Query] on $x of App\Bad::a() in Bad.php:8: Highper\Attribute\Query::__construct(): Argument #1 ($name) must be of type ?string, array given
Bad { #[Get('/a/{id}')] a(#[Query, Header] int $x) {} }
    route GET {id} (Bad.php:8): its parameter $x can't be read from several places: #[Query], #[Header]; leave one
Bad { #[Get('/a/{id}')] a(#[Query(""), Get] int $x) {} }
    Fatal error: Attribute "Highper\Attribute\Get" cannot target parameter (allowed targets: method) in Bad.php on line 8
Bad { #[Get('/a/{id}')] a(#[Header] array $x) {} }
    route GET {id} (Bad.php:8): its parameter $x (array) must be a scalar or a backed enum
Bad { #[Get('/a/{id}')] a(#[Header("a b")] string $x) {} }
    route GET {id} (Bad.php:8): #[Header] on $x of App\Bad::a() in Bad.php:8: no request has a name like 'a b': letters, digits and '-', '_', '.' are expected
Bad { #[Get('/a/{id}')] a(#[Cookie] array $x) {} }
    route GET {id} (Bad.php:8): its parameter $x (array) must be a scalar or a backed enum
Bad { #[Get('/a/{id}')] a(#[Cookie("a=b")] string $x) {} }
    route GET {id} (Bad.php:8): #[Cookie] on $x of App\Bad::a() in Bad.php:8: no request has a name like 'a=b': letters, digits and '-', '_', '.' are expected
Bad { #[Get('/a/{id}')] a(#[Query] int ...$x) {} }
    route GET {id} (Bad.php:8): its parameter ...$x takes what is left of arguments, so that #[Query] gives it nothing: take an array
Bad { #[Get('/a/{id}')] a(#[Header("")] string $x) {} }
    route GET {id} (Bad.php:8): #[Header] on $x of App\Bad::a() in Bad.php:8: its name must not be empty
Bad { #[Get('/a/{id}')] a(#[Body] \stdClass $x) {} }
    route GET {id} (Bad.php:8): its parameter $x (stdClass) has no constructor, whose parameters are the fields: give it one, or take an array
Bad { #[Get('/a/{id}')] a(#[Body] \Generator $x) {} }
    route GET {id} (Bad.php:8): its parameter $x (Generator) has no constructor, whose parameters are the fields: give it one, or take an array
enum None: string {} Bad { #[Get('/a/{id}')] a(#[Query] ?None $x = null) {} }
    route GET {id} (Bad.php:9): its parameter $x (App\None) is no class that can be made of a body
Bad { #[Get('/a/{id}')] a(#[File] int $x) {} }
    route GET {id} (Bad.php:8): its parameter $x must be of type Highper\Http\Upload or array
Bad { #[Get('/a/{id}')] a(#[File(max: "2X")] Upload $x) {} }
    route GET {id} (Bad.php:8): #[File] on $x of App\Bad::a() in Bad.php:8: Highper\Attribute\File::__construct(): Argument #2 ($max) must be bytes, as 4096 or '2M'
Bad { #[Get('/a/{id}')] a(#[File(max: 0)] Upload $x) {} }
    route GET {id} (Bad.php:8): #[File] on $x of App\Bad::a() in Bad.php:8: Highper\Attribute\File::__construct(): Argument #2 ($max) must be bytes, as 4096 or '2M'
Bad { #[Get('/a/{id}')] a(#[Config("none.at.all")] string $x) {} }
    route GET {id} (Bad.php:8): there is no configuration 'none.at.all' (config/none.php)
Bad { #[Get('/a/{id}')] a(#[Config] string $x) {} }
    route GET {id} (Bad.php:8): #[Config] on $x of App\Bad::a() in Bad.php:8: Highper\Attribute\Config::__construct() expects exactly 1 argument, 0 given
Bad { #[Get('/a/{id}')] a(#[Inject("nobody")] $x) {} }
    route GET {id} (Bad.php:8): nobody: there is no such class
Bad { #[Get('/a/{id}')] a(#[Inject] int $x) {} }
    route GET {id} (Bad.php:8): #[Inject] on $x of App\Bad::a() in Bad.php:8: it needs a class as type, or a name: #[Inject(Name::class)]
Bad { #[Get('/a/{id}')] a(#[Date("d.m.Y")] int $x) {} }
    route GET {id} (Bad.php:8): its parameter $x (int) is not in the path; mark it with #[Query], #[Header], #[Cookie], #[Body] or #[File], or give it a default
Bad { #[Get('/a/{id}')] a(#[Date] \DateTimeImmutable $x) {} }
    route GET {id} (Bad.php:8): DateTimeImmutable: it is a class of PHP's or an extension's; bind it: ->singleton(DateTimeImmutable::class, fn () => …)
Bad { #[Get('/a/{id}')] a(string $nothing) {} }
    route GET {id} (Bad.php:8): its parameter $nothing (string) is not in the path; mark it with #[Query], #[Header], #[Cookie], #[Body] or #[File], or give it a default
Bad { #[Get('/a/{id}')] a(Missing $x) {} }
    route GET {id} (Bad.php:8): App\Missing: there is no such class
Bad { #[Get('/a/{id}')] a(#[\Highper\Attribute\Nobody] int $id) {} }
    route GET {id} (Bad.php:8): #[Nobody] on $id of App\Bad::a() in Bad.php:8: there is no such attribute
