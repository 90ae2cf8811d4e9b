--TEST--
Swoole\Http\Cookie: part by part, as text, in a response; what can't be sent is refused
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use HighperTest\Server;
use Swoole\Http\{Cookie, Status};
use function HighperTest\check;

$cookie = (new Cookie)->withName('a')->withValue('b c')->withExpires(4102444800)->withPath('/p')->withDomain('example.com')
    ->withSecure(true)->withHttpOnly(true)->withSameSite('Lax')->withPriority('High')->withPartitioned(true);
$text = $cookie->toString();
check('all attributes, in order', preg_match('~^a=b\+c; expires=Fri, 01-Jan-2100 00:00:00 GMT; Max-Age=\d+; path=/p; domain=example\.com; secure; HttpOnly; SameSite=Lax; Priority=High; Partitioned$~', $text) ? true : $text);
check('parts', $cookie->toArray(), ['name' => 'a', 'value' => 'b c', 'path' => '/p', 'domain' => 'example.com', 'sameSite' => 'Lax',
    'priority' => 'High', 'encode' => true, 'expires' => 4102444800, 'secure' => true, 'httpOnly' => true, 'partitioned' => true]);
$cookie->reset();
check('reset', array_filter($cookie->toArray()), ['encode' => true]);
check('plain value', (new Cookie(false))->withName('n')->withValue('x/y')->toString(), 'n=x/y');
check('no value deletes', str_starts_with((new Cookie)->withName('n')->toString(), 'n=deleted; expires=Thu, 01-Jan-1970'));
foreach (['' => 'The name cannot be empty', "a\nb" => 'The name cannot contain'] as $name => $words) {
    check(json_encode($name), [@(new Cookie)->withName($name)->withValue('v')->toString(), str_contains(error_get_last()['message'], $words)], [false, true]);
}
check('a cookie that was not constructed', (function () {
    try { (new ReflectionClass(Cookie::class))->newInstanceWithoutConstructor()->toArray(); } catch (Error $e) { return $e->getMessage(); }
})(), 'must call constructor first');
check('status words', [Status::NOT_FOUND, Status::getReasonPhrase(404), Status::getReasonPhrase(999), count(Status::getReasonPhrases())],
    [404, 'Not Found', 'Unknown', 61]);

$server = Server::start(<<<'PHP'
    <?php
    $http = new Swoole\Http\Server('127.0.0.1', (int) $argv[1]);
    $http->set(['worker_num' => 1]);
    $http->on('request', function ($q, $r) {
        $c = (new Swoole\Http\Cookie)->withName('k')->withValue('v')->withPath('/');
        $said = [$r->cookie($c), @$r->cookie(new stdClass), $r->setCookie('plain', '1')];
        $r->end(json_encode($said));
    });
    $http->start();
    PHP);
$answer = $server->get('/');
check('in a response', [$answer->json(), $answer->header('Set-Cookie')], [[true, false, true], 'k=v; path=/, plain=1']);
--EXPECTREGEX--
\A(?:ok: [^\n]+\n?){10}\Z
