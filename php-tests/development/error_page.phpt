--TEST--
Development: the error page's tabs; everything escaped, secrets masked; nothing of it in production
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};
use HighperTest\Server;

$script = <<<'PHP'
    <?php
    use Highper\{Application, Session};
    use Highper\Http\Request;
    interface Clock {}
    final class SystemClock implements Clock { public function __construct(public string $token = 'tokens are hidden') {} }
    final class CurrentUser { public string $name = 'ann'; }
    function inner(string $password) { throw new DomainException('<img src=x onerror=alert(1)>'); }
    exit(Application::create(basePath: __DIR__)
        ->sessions(['store' => 'memory'])
        ->bind(Clock::class, SystemClock::class)
        ->scoped(CurrentUser::class)
        ->get('/login', function (Session $s) { $s->set('user', '<em>7</em>'); $s->set('password', 'hidden-8'); return 'ok'; })
        ->any('/boom/{id}', function (int $id, Request $r, CurrentUser $u, Session $s) { $s->get('user'); inner('hidden-1'); })
        ->run([$argv[0], '--workers', '1']));
    PHP;
$server = Server::start($script, environment: ['APP_ENV' => 'dev', 'DB_PASSWORD' => 'hidden-2']);
$cookie = strtok($server->get('/login')->header('Set-Cookie'), ';');
$evil = '<script>alert(1)</script>';
$ask = fn (Server $server, array $headers, string $body = '', string $type = 'application/json') => $server->request('POST', '/boom/7?color=' . rawurlencode($evil) . '&api_key=hidden-3', $body,
    $headers + ['Content-Type' => $type, 'Cookie' => "{$cookie}; theme=hidden-4", 'X-Evil' => $evil, 'Authorization' => 'Bearer hidden-5']);
$page = $ask($server, ['Accept' => 'text/html'], json_encode(['title' => $evil, 'password' => 'hidden-6', 'deep' => ['secret' => 'hidden-7', 'plain' => 'seen']]));
check('status', [$page->status, $page->header('Content-Type')], [500, 'text/html; charset=utf-8']);
check('nothing is markup', [str_contains($page->body, '<script'), str_contains($page->body, '<img'), str_contains($page->body, '<em>7')], [false, false, false]);
check('but all is there', substr_count($page->body, '&lt;script&gt;alert(1)&lt;/script&gt;') >= 3 && str_contains($page->body, '&lt;em&gt;7&lt;/em&gt;'));
// The arguments of a frame are not in the page; what stands in the file is, on this machine only.
check('no secret', preg_match('~hidden-[2-7]~', $page->body), 0);
check('nor of the session', preg_match('~<th>password</th><td>hidden~', $page->body), 0);
foreach (['Source' => 'inner()', 'Request' => '<th>X-Evil</th>', 'Container' => 'SystemClock, made anew for each that asks', 'Environment' => '<th>DB_PASSWORD</th><td>******</td>'] as $tab => $part) {
    check("tab {$tab}", preg_match("~<label for=\"tab\d\">{$tab}</label>~", $page->body) === 1 && str_contains($page->body, $part));
}
check('frames have source', substr_count($page->body, 'class="here"') >= 2);
check('objects of the request', (bool) preg_match('~<th>CurrentUser</th><td>#\d+</td>~', $page->body));
check('fields of the body', str_contains($page->body, '<th>deep</th><td>{&quot;plain&quot;:&quot;seen&quot;,&quot;secret&quot;:&quot;******&quot;}</td>'));
$page = $ask($server, ['Accept' => 'text/html'], 'name=x&password=hidden-6&tags[]=a&tags[]=b', 'application/x-www-form-urlencoded');
check('a form', [str_contains($page->body, '<th>name</th><td>x</td>'), str_contains($page->body, '<th>password</th><td>******</td>'), str_contains($page->body, 'hidden-6')], [true, true, false]);
$page = $ask($server, ['Accept' => 'text/html'], "\x00\xff", 'application/octet-stream');
check('bytes', str_contains($page->body, '2 bytes of application/octet-stream'));

$json = $ask($server, [], '{"title":"t"}');
$problem = $json->json();
check('problem', [$json->header('Content-Type'), $problem['status'], $problem['exception']['class'], $problem['exception']['trace'][0]['call']], ['application/problem+json', 500, 'DomainException', 'inner()']);
check('its request', [$problem['request']['body'], $problem['request']['cookies'], $problem['request']['query']['api_key']], [['title' => 't'], ['session', 'theme'], '******']);
check('its container', $problem['container']['bindings']['Clock'], 'SystemClock, made anew for each that asks');
check('end', $server->stop(), 0);

$server = Server::start($script);
$page = $ask($server, ['Accept' => 'text/html']);
check('in production', [$page->status, preg_match('~hidden|DomainException|Clock|\.php~', $page->body)], [500, 0]);
$json = $ask($server, [])->json();
check('as JSON', array_diff_key($json, ['requestId' => 1]), ['status' => 500, 'title' => 'Internal Server Error', 'type' => 'about:blank']);
check('end', $server->stop(), 0);
?>
--EXPECT--
ok: status
ok: nothing is markup
ok: but all is there
ok: no secret
ok: nor of the session
ok: tab Source
ok: tab Request
ok: tab Container
ok: tab Environment
ok: frames have source
ok: objects of the request
ok: fields of the body
ok: a form
ok: bytes
ok: problem
ok: its request
ok: its container
ok: end
ok: in production
ok: as JSON
ok: end
