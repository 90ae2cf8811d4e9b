--TEST--
Filters: security headers, policies with nonces, request ids, traces, trusted proxies; on misses and errors too
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\Server;

$server = Server::start(<<<'PHP'
    <?php
    use Highper\Application;
    use Highper\Filter\{ContentSecurityPolicy, RateLimit, RequestId, SecurityHeaders, TraceContext, TrustedProxies};
    use Highper\Http\{NotFound, Request, Response};
    use Highper\Log\Logger;
    exit(Application::create(basePath: __DIR__)->settings(['access_log' => true])
        ->middleware(new TrustedProxies(['private', '203.0.113.0/24']), new RequestId, new TraceContext, new SecurityHeaders(frame: 'DENY', permissions: 'camera=()'))
        ->get('/page', fn (Request $r) => Response::html("<script nonce=\"{$r->nonce()}\">1</script>"), new ContentSecurityPolicy(['default-src' => "'self'", 'script-src' => ["'self'", "'nonce'"]]))
        ->get('/who', fn (Request $r, Logger $log) => [$log->info('a line'), $r->ip(), $r->scheme(), $r->isSecure(), $r->host(), $r->id(), $r->trace(), $r->traceparent(), $r->nonce()])
        ->get('/own', fn () => Response::text('x')->withHeader('X-Frame-Options', 'SAMEORIGIN'))
        ->get('/gone', fn () => throw new NotFound('gone'))
        ->get('/broken', fn () => throw new Exception('broken'))
        ->get('/limited', fn () => 'x', new RateLimit('1/h', by: 'ip'))
        ->health()
        ->run([$argv[0], '--workers', '1']));
    PHP);
$page = $server->get('/page');
preg_match('~nonce="([^"]+)"~', $page->body, $nonce);
check('a nonce', [strlen($nonce[1]), $page->header('Content-Security-Policy')], [24, "default-src 'self'; script-src 'self' 'nonce-{$nonce[1]}'"]);
preg_match('~nonce="([^"]+)"~', $server->get('/page')->body, $other);
check('the next one', $other[1] !== $nonce[1], true);
check('headers', [$page->header('X-Content-Type-Options'), $page->header('X-Frame-Options'), $page->header('Referrer-Policy'), $page->header('Permissions-Policy'), $page->header('Strict-Transport-Security')],
    ['nosniff', 'DENY', 'strict-origin-when-cross-origin', 'camera=()', null]);
check('over TLS', $server->get('/page', ['X-Forwarded-Proto' => 'https'])->header('Strict-Transport-Security'), 'max-age=31536000; includeSubDomains');
check('the handler goes before', $server->get('/own')->headers('X-Frame-Options'), ['SAMEORIGIN']);
foreach (['/gone' => 404, '/broken' => 500, '/none' => 404, '/health' => 200] as $path => $status) {
    $answer = $server->get($path, ['X-Request-Id' => 'mine']);
    check("of {$path}", [$answer->status, $answer->headers('X-Frame-Options'), $answer->headers('X-Content-Type-Options'), $answer->headers('X-Request-Id')], [$status, ['DENY'], ['nosniff'], ['mine']]);
}
check('a new id', [strlen($server->get('/own')->header('X-Request-Id')), strlen($server->get('/own', ['X-Request-Id' => 'no word'])->header('X-Request-Id'))], [32, 32]);

[, $ip, $scheme, $secure, $host, $id, $trace, $parent, $none] = $server->get('/who', ['Host' => 'here'])->json();
check('no proxy', [$ip, $scheme, $secure, $host, strlen($id), strlen($trace), $none], ['127.0.0.1', 'http', false, 'here', 32, 32, '']);
$through = $server->get('/who', ['X-Forwarded-For' => '198.51.100.7, 203.0.113.9', 'X-Forwarded-Proto' => 'https', 'X-Forwarded-Host' => 'site.example', 'X-Request-Id' => 'r-77',
    'traceparent' => '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01']);
[, $ip, $scheme, $secure, $host, $id, $trace, $parent] = $through->json();
check('through proxies', [$ip, $scheme, $secure, $host, $id, $trace], ['198.51.100.7', 'https', true, 'site.example', 'r-77', '4bf92f3577b34da6a3ce929d0e0e4736']);
check('a span of its own', [preg_match('~^00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-01$~', $parent), $parent === $through->header('traceresponse'), str_contains($parent, '00f067aa0ba902b7')], [1, true, false]);
$log = $server->waitForLog('/who');
check('the log', preg_match('~"a line".*"r-77".*"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"~', $log), 1);
$limited = fn (string $client) => $server->get('/limited', ['X-Forwarded-For' => $client, 'X-Request-Id' => 'limited-1']);
check('limits by the real address', [$limited('198.51.100.1')->status, $limited('198.51.100.2')->status, $limited('198.51.100.1')->status], [200, 200, 429]);
check('an answer without PHP has all', [$limited('198.51.100.1')->header('X-Frame-Options'), $limited('198.51.100.1')->headers('X-Content-Type-Options'), $limited('198.51.100.1')->header('X-Request-Id')], ['DENY', ['nosniff'], 'limited-1']);
check('and is logged', preg_match('~"status":429.*"limited-1"~', $server->waitForLog('"status":429')), 1);
?>
--EXPECT--
ok: a nonce
ok: the next one
ok: headers
ok: over TLS
ok: the handler goes before
ok: of /gone
ok: of /broken
ok: of /none
ok: of /health
ok: a new id
ok: no proxy
ok: through proxies
ok: a span of its own
ok: the log
ok: limits by the real address
ok: an answer without PHP has all
ok: and is logged
