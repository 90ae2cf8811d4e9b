--TEST--
Application: attributes of routes and controllers with wrong arguments or in a wrong place keep the server from starting, with file and line
--FILE--
<?php
require __DIR__ . '/wrong_attributes.inc';

$on = fn (string $attribute) => "#[Controller]\nfinal class Bad {\n    #[{$attribute}]\n    public function a() {}\n}";
refused([
    $on("Get(7, 8, 9)"), $on("Get('no slash')"), $on("Get('/a/{')"), $on("Get('/a/{id}/{id}')"), $on("Get('/a/{a-b}')"), $on("Get('/{*rest}/after')"), $on("Get([])"), $on("Get(path: '/a', nme: 'x')"),
    $on("Get('/a', name: 'one'), Post('/a', name: 'one')"),
    $on("Put('/x/{y?')"), $on("Patch(new \\stdClass)"), $on("Delete('a b')"), $on("\\Highper\\Attribute\\Gett('/a')"),
    "#[Controller]\nfinal class Bad {\n    #[Get('/a')] public function a() {}\n    #[Get('/a')] public function b() {}\n}",
    "#[Controller]\nfinal class Bad {\n    #[Get('/a/{x}')] public function a(\$x) {}\n    #[Get('/a/{y}')] public function b(\$y) {}\n}",
    "#[Controller]\nfinal class Bad {\n    #[Get('/a')]\n    private function a() {}\n}",
    "#[Controller]\nabstract class Bad {\n    #[Get('/a')]\n    public function a() {}\n}",
    $on("Get('/a'), Status(99)"), $on("Get('/a'), Status(700)"), $on("Get('/a'), Status('ok')"), $on("Get('/a'), Status(200), Status(201)"), $on("Get('/a'), Status"),
    $on("Get('/a'), Middleware"), $on("Get('/a'), Middleware('Nobody')"), $on("Get('/a'), Middleware(\\ArrayObject::class)"),
    $on("Get('/a'), Template"), $on("Get('/a'), Template('missing')"), $on("Get('/a'), CsrfExempt(1, 2)"),
    $on("Post('/a'), StreamBody(1)"),
    $on("Get('/a'), Controller('/x')"),
]);
?>
--EXPECT--
Bad { #[Get(7, 8, 9)] a() {} }
    #[Get] on App\Bad::a() in Bad.php:8: Highper\Attribute\Get::__construct() expects at most 2 arguments, 3 given
Bad { #[Get('no slash')] a() {} }
    route GET /no slash (Bad.php:8) cannot be added: ' ' cannot be part of a path
Bad { #[Get('/a/{')] a() {} }
    route GET { (Bad.php:8) cannot be added: there is a '{' without '}'
Bad { #[Get('/a/{id}/{id}')] a() {} }
    route GET {id} (Bad.php:8) cannot be added: the parameter {id} occurs twice
Bad { #[Get('/a/{a-b}')] a() {} }
    route GET {a-b} (Bad.php:8) cannot be added: "a-b" is not a parameter name (letters, digits and '_', no digit first)
Bad { #[Get('/{*rest}/after')] a() {} }
    route GET after (Bad.php:8) cannot be added: "*rest" is not a parameter name (letters, digits and '_', no digit first)
Bad { #[Get([])] a() {} }
    #[Get] on App\Bad::a() in Bad.php:8: Highper\Attribute\Get::__construct(): Argument #1 ($path) must be of type string, array given
Bad { #[Get(path: '/a', nme: 'x')] a() {} }
    #[Get] on App\Bad::a() in Bad.php:8: Unknown named parameter $nme
Bad { #[Get('/a', name: 'one'), Post('/a', name: 'one')] a() {} }
    route POST /a (Bad.php:8) cannot be added: the name "one" belongs to GET /a (Bad.php:8)
Bad { #[Put('/x/{y?')] a() {} }
    route PUT {y? (Bad.php:8) cannot be added: there is a '{' without '}'
Bad { #[Patch(new \stdClass)] a() {} }
    #[Patch] on App\Bad::a() in Bad.php:8: Highper\Attribute\Patch::__construct(): Argument #1 ($path) must be of type string, stdClass given
Bad { #[Delete('a b')] a() {} }
    route DELETE /a b (Bad.php:8) cannot be added: ' ' cannot be part of a path
Bad { #[\Highper\Attribute\Gett('/a')] a() {} }
    #[Gett] on App\Bad::a() in Bad.php:8: there is no such attribute
Bad { #[Get('/a')] a() {} #[Get('/a')] b() {} }
    route GET /a (Bad.php:8) cannot be added: it matches the same paths with the same method as GET /a (Bad.php:7)
Bad { #[Get('/a/{x}')] a($x) {} #[Get('/a/{y}')] b($y) {} }
    route GET {y} (Bad.php:8) cannot be added: it matches the same paths with the same method as GET {x} (Bad.php:7)
Bad { #[Get('/a')] private function a() {} }
    route GET /a (Bad.php:8): its method is not public
abstract class Bad { #[Get('/a')] a() {} }
    #[Controller] on App\Bad in Bad.php:6: the class can't be instantiated
Bad { #[Get('/a'), Status(99)] a() {} }
    #[Status] on App\Bad::a() in Bad.php:8: Highper\Attribute\Status::__construct(): Argument #1 ($status) must be between 200 and 599
Bad { #[Get('/a'), Status(700)] a() {} }
    #[Status] on App\Bad::a() in Bad.php:8: Highper\Attribute\Status::__construct(): Argument #1 ($status) must be between 200 and 599
Bad { #[Get('/a'), Status('ok')] a() {} }
    #[Status] on App\Bad::a() in Bad.php:8: Highper\Attribute\Status::__construct(): Argument #1 ($status) must be of type int, string given
Bad { #[Get('/a'), Status(200), Status(201)] a() {} }
    Fatal error: Attribute "Highper\Attribute\Status" must not be repeated in Bad.php on line 8
Bad { #[Get('/a'), Status] a() {} }
    #[Status] on App\Bad::a() in Bad.php:8: Highper\Attribute\Status::__construct() expects exactly 1 argument, 0 given
Bad { #[Get('/a'), Middleware] a() {} }
    #[Middleware] on App\Bad::a() in Bad.php:8: Highper\Attribute\Middleware::__construct(): Argument #1 must be given: a class or an object
Bad { #[Get('/a'), Middleware('Nobody')] a() {} }
    route GET /a (Bad.php:8): Nobody: there is no such class
Bad { #[Get('/a'), Middleware(\ArrayObject::class)] a() {} }
    route GET /a (Bad.php:8): ArrayObject: it is a class of PHP's or an extension's; bind it: ->singleton(ArrayObject::class, fn () => …)
Bad { #[Get('/a'), Template] a() {} }
    #[Template] on App\Bad::a() in Bad.php:8: Highper\Attribute\Template::__construct() expects exactly 1 argument, 0 given
Bad { #[Get('/a'), Template('missing')] a() {} }
    route GET /a (Bad.php:8): view missing: there is no such view in .
Bad { #[Get('/a'), CsrfExempt(1, 2)] a() {} }
    #[CsrfExempt] on App\Bad::a() in Bad.php:8: Highper\Attribute\CsrfExempt::__construct() expects exactly 0 arguments, 2 given
Bad { #[Post('/a'), StreamBody(1)] a() {} }
    #[StreamBody] on App\Bad::a() in Bad.php:8: Highper\Attribute\StreamBody::__construct() expects exactly 0 arguments, 1 given
Bad { #[Get('/a'), Controller('/x')] a() {} }
    Fatal error: Attribute "Highper\Attribute\Controller" cannot target method (allowed targets: class) in Bad.php on line 8
