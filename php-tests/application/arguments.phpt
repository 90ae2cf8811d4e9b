--TEST--
Application: arguments from path, query, header, cookie and body
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\Server;

$server = Server::start(<<<'PHP'
    <?php
    use Highper\Application;
    use Highper\Attribute\{Query, Header, Cookie, Body};
    enum Colour: string { case Red = 'red'; case Blue = 'blue'; }
    final readonly class Place { public function __construct(public string $city, public ?int $zip = null) {} }
    final readonly class In {
        public function __construct(public string $title, public float $price, public Colour $colour, public Place $place,
            public bool $sold = false, public array $tags = []) {}
    }
    exit(Application::create(basePath: __DIR__)
        ->get('/float/{n}', fn (float $n) => [$n])
        ->get('/bool/{b}', fn (bool $b) => [$b])
        ->get('/colour/{c}', fn (Colour $c) => [$c->name])
        ->get('/text/{t}', fn (string $t) => [$t])
        ->get('/query', fn (#[Query] int $page, #[Query('q')] ?string $text, #[Query] array $ids = []) => [$page, $text, $ids])
        ->get('/header', fn (#[Header] string $userAgent, #[Header('X-N')] int $n = 5) => [$userAgent, $n])
        ->get('/cookie', fn (#[Cookie] string $theme = 'light') => [$theme])
        ->post('/body', fn (#[Body] In $in) => $in)
        ->post('/array', fn (#[Body] array $in) => $in ?: new stdClass)
        ->post('/raw', fn (#[Body] string $in) => strrev($in))
        ->run([$argv[0], "--workers", "1"]));
    PHP);
$get = function (string $path, array $headers = []) use ($server) {
    $answer = $server->get($path, $headers);
    return $answer->status . ' ' . ($answer->status < 300 ? $answer->body : $answer->json()['detail'] ?? '');
};
$post = function (string $path, string $body, string $type = 'application/json') use ($server) {
    $answer = $server->request('POST', $path, $body, ['Content-Type' => $type]);
    return $answer->status . ' ' . $answer->body;
};
check('float', $get('/float/1.5'), '200 [1.5]');
check('float of an integer', $get('/float/2'), '200 [2.0]');
check('no float', $get('/float/x'), "404 n must be a number, 'x' given");
check('bool', $get('/bool/yes'), '200 [true]');
check('enum', $get('/colour/blue'), '200 ["Blue"]');
check('no case', $get('/colour/pink'), "404 c must be one of red, blue, 'pink' given");
check('decoded', $get('/text/a%20%C3%A9'), '200 ["a é"]');
check('query', $get('/query?page=3&q=hi&ids[]=1&ids[]=2'), '200 [3,"hi",["1","2"]]');
check('query default', $get('/query?page=3'), '200 [3,null,[]]');
check('query missing', $get('/query'), '400 page is missing');
check('query mismatch', $get('/query?page=abc'), "400 page must be an integer, 'abc' given");
check('query array', $get('/query?page[]=1'), '400 page must be an integer, an array given');
check('header', $get('/header', ['User-Agent' => 'me', 'X-N' => '7']), '200 ["me",7]');
check('header missing', $get('/header'), '400 header user-agent is missing');
check('header mismatch', $get('/header', ['User-Agent' => 'me', 'X-N' => 'x']), "400 header X-N must be an integer, 'x' given");
check('cookie', $get('/cookie', ['Cookie' => 'a=1; theme=dark']), '200 ["dark"]');
check('cookie default', $get('/cookie'), '200 ["light"]');
$in = '{"title":"a","price":2,"colour":"red","place":{"city":"B"},"tags":[1]}';
check('object', $post('/body', $in), '200 {"title":"a","price":2.0,"colour":"red","place":{"city":"B","zip":null},"sold":false,"tags":[1]}');
$answer = $server->request('POST', '/body', '{"price":"2","colour":"pink","place":{"zip":"x"}}', ['Content-Type' => 'application/json']);
check('all errors', [$answer->status, $answer->header('Content-Type'), $answer->json()['errors']], [422, 'application/problem+json', [
    'colour' => ['must be one of red, blue'],
    'place.city' => ['is required'],
    'place.zip' => ['must be an integer, string given'],
    'price' => ['must be a number, string given'],
    'title' => ['is required'],
]]);
check('form', $post('/body', 'title=a&price=2.5&colour=blue&place[city]=B&place[zip]=7&sold=on', 'application/x-www-form-urlencoded'),
    '200 {"title":"a","price":2.5,"colour":"blue","place":{"city":"B","zip":7},"sold":true,"tags":[]}');
check('bad JSON', preg_replace('~ near location .*~', '', $server->request('POST', '/array', '{bad', ['Content-Type' => 'application/json'])->json()['detail']), 'The body is not valid JSON: Syntax error');
check('JSON scalar', $server->request('POST', '/array', '7', ['Content-Type' => 'application/json'])->status, 400);
check('other type', $server->request('POST', '/array', 'x', ['Content-Type' => 'text/csv'])->status, 415);
check('no body', $post('/array', ''), '200 {}');
check('text body', $post('/raw', 'abc', 'text/plain'), '200 cba');
?>
--EXPECT--
ok: float
ok: float of an integer
ok: no float
ok: bool
ok: enum
ok: no case
ok: decoded
ok: query
ok: query default
ok: query missing
ok: query mismatch
ok: query array
ok: header
ok: header missing
ok: header mismatch
ok: cookie
ok: cookie default
ok: object
ok: all errors
ok: form
ok: bad JSON
ok: JSON scalar
ok: other type
ok: no body
ok: text body
