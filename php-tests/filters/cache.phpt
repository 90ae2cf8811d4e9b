--TEST--
Filters: entity tags, kept answers and their end, bodies that are too large
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\Server;

$server = Server::start(<<<'PHP'
    <?php
    use Highper\Application;
    use Highper\Filter\{BodyLimit, Cors, ETag, ResponseCache, SecurityHeaders};
    use Highper\Http\{Request, Response};
    $n = 0;
    $count = function (Request $r) use (&$n) { return [++$n, $r->query('q'), $r->header('Accept-Language')]; };
    $body = fn (Request $r) => strlen($r->body());
    exit(Application::create(basePath: __DIR__)
        ->get('/tag', fn (Request $r) => 'the same', new ETag)
        ->get('/weak', fn () => 'the same', new ETag(weak: true))
        ->get('/own', fn () => Response::text('x')->withHeader('ETag', '"mine"'), new ETag)
        ->get('/kept', $count, new SecurityHeaders, new ETag, new ResponseCache(60, vary: 'Accept-Language', tags: ['notes', 'all']), new Cors)
        ->get('/inner', $count, fn (Request $r, Closure $next) => $next($r), new ResponseCache(60), new ETag)
        ->get('/cookie', function () use (&$n) { return Response::json(++$n)->withCookie('a', 'b'); }, new ResponseCache(60))
        ->sessions(['store' => 'memory'])
        ->get('/session', function (Highper\Session $s) use (&$n) { $s->set('n', ++$n); return $n; }, new ResponseCache(60))
        ->get('/private', function () use (&$n) { return Response::json(++$n)->withHeader('Cache-Control', 'private'); }, new ResponseCache(60))
        ->get('/big', function () use (&$n) { return str_repeat('x', 100_000) . ++$n; }, new ResponseCache(60))
        ->get('/end/{tag}', fn (string $tag) => ResponseCache::invalidate(...($tag === 'everything' ? [] : [$tag])))
        ->post('/body', $body, new BodyLimit(10))
        ->post('/behind', $body, fn (Request $r, Closure $next) => $next($r), new BodyLimit('1K'))
        ->post('/free', $body)
        ->run([$argv[0], '--workers', '2']));
    PHP);
$client = new HighperTest\HttpClient($server->port);
$get = fn (string $path, array $headers = []) => $client->request('GET', $path, '', $headers);
$first = $get('/tag');
$tag = $first->header('ETag');
check('a tag', [$first->status, preg_match('~^"[\w-]{22}"$~', $tag), $get('/tag')->header('ETag') === $tag, $get('/weak')->header('ETag') === "W/{$tag}"], [200, 1, true, true]);
foreach ([$tag => 304, "W/{$tag}" => 304, "\"a\", {$tag}" => 304, '*' => 304, '"a"' => 200] as $sent => $status) {
    $answer = $get('/tag', ['If-None-Match' => $sent]);
    check("If-None-Match: {$status}", [$answer->status, $answer->header('ETag') === $tag, $answer->body], [$status, true, $status === 200 ? 'the same' : '']);
}
check('one of its own', [$get('/own')->headers('ETag'), $get('/own', ['If-None-Match' => '"mine"'])->status], [['"mine"'], 304]);

$kept = fn (string $path = '/kept', array $headers = []) => $get($path, $headers)->json()[0];
$n = $kept();
check('kept', [$kept(), $kept('/kept?q=1') > $n, $kept('/kept', ['Accept-Language' => 'de']) > $n, $kept('/kept', ['Host' => 'other']) > $n, $kept()], [$n, true, true, true, $n]);
$hit = $get('/kept', ['Origin' => 'https://a.example']);
check('its fields', [ctype_digit($hit->header('Age') ?? ''), $hit->header('X-Frame-Options'), $hit->header('Content-Type'), $hit->header('Vary'), strlen($hit->header('ETag'))], [true, 'SAMEORIGIN', 'application/json', 'Accept-Language', 24]);
$not = $get('/kept', ['If-None-Match' => $hit->header('ETag')]);
check('a 304 of what is kept', [$not->status, $not->body, ctype_digit($not->header('Age') ?? ''), $not->header('ETag')], [304, '', true, $hit->header('ETag')]);
$head = $client->request('HEAD', '/kept');
check('HEAD', [$head->status, $head->body, $head->header('Content-Length') > 0], [200, '', true]);
check('not for one user', [$kept('/kept', ['Authorization' => 'x']) > $n, $kept()], [true, $n]);
$inner = $kept('/inner');
check('behind PHP', [$kept('/inner'), ctype_digit($get('/inner')->header('Age') ?? ''), $get('/inner', ['If-None-Match' => $get('/inner')->header('ETag')])->status], [$inner, true, 304]);
check('what is not kept', [$get('/cookie')->body !== $get('/cookie')->body, $get('/private')->body !== $get('/private')->body], [true, true]);
check('what was made with a session', $get('/session')->body !== $get('/session')->body, true);
check('big ones', [strlen($get('/big')->body) > 100_000, $get('/big')->body === $get('/big')->body], [true, true]);
$other = new HighperTest\HttpClient($server->port);
$other->request('GET', '/end/strangers');
check('another tag', $kept(), $n);
for ($i = 0; $i < 8; $i++) {
    // Some of these reach the other worker.
    $end = ['notes', 'all', 'everything'][$i % 3];
    $server->get("/end/{$end}");
    $next = $kept();
    check("the end of {$end}", [$next > $n, $kept()], [true, $next]);
    $n = $next;
}
check('small', $client->request('POST', '/body', '0123456789')->body, '10');
check('one more', $server->request('POST', '/body', '01234567890')->status, 413);
check('in chunks', $server->request('POST', '/body', "6\r\n012345\r\n6\r\n012345\r\n0\r\n\r\n", ['Transfer-Encoding' => 'chunked'])->status, 413);
check('a form', $server->request('POST', '/body', "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--x--\r\n", ['Content-Type' => 'multipart/form-data; boundary=x'])->status, 413);
check('behind PHP', [$client->request('POST', '/behind', str_repeat('x', 1024))->body, $server->request('POST', '/behind', str_repeat('x', 1025))->status], ['1024', 413]);
check('elsewhere', $client->request('POST', '/free', str_repeat('x', 2000))->body, '2000');
?>
--EXPECT--
ok: a tag
ok: If-None-Match: 304
ok: If-None-Match: 304
ok: If-None-Match: 304
ok: If-None-Match: 304
ok: If-None-Match: 200
ok: one of its own
ok: kept
ok: its fields
ok: a 304 of what is kept
ok: HEAD
ok: not for one user
ok: behind PHP
ok: what is not kept
ok: what was made with a session
ok: big ones
ok: another tag
ok: the end of notes
ok: the end of all
ok: the end of everything
ok: the end of notes
ok: the end of all
ok: the end of everything
ok: the end of notes
ok: the end of all
ok: small
ok: one more
ok: in chunks
ok: a form
ok: behind PHP
ok: elsewhere
