--TEST--
Highper\dump() and Highper\dd(): on the page in development, else in the log; cycles, depth, nothing is markup
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};
use HighperTest\Server;

// A script that serves nothing prints.
enum Suit: string { case Hearts = 'h'; }
final class Node { public ?Node $next = null; protected array $list = [1, 'two', null, 1.5, true]; private string $secret = "a \"b\"\n"; public int $none; }
$node = new Node;
$node->next = new Node;
$node->next->next = $node;
check('gives back the first', Highper\dump($node, Suit::Hearts, str_repeat('x', 2010)) === $node);
$deep = [];
for ($i = 0; $i < 50; $i++) { $deep = [$deep]; }
$self = ['a' => 1];
$self['self'] = &$self;
Highper\dump($deep, $self, ['n' => range(1, 150)]['n'], "bad \xff utf-8", NAN, fn () => 1, new DateTimeImmutable('2026-01-02 03:04:05 UTC'));
Highper\dump();

$script = <<<'PHP'
    <?php
    use Highper\Application;
    use Highper\Http\Response;
    final class Evil { public string $text = '</pre><script>alert(1)</script>'; }
    exit(Application::create(basePath: __DIR__)
        ->get('/page', function () { Highper\dump(new Evil, ['n' => 1]); return Response::html('<html><body><h1>Hello</h1></body></html>'); })
        ->get('/plain', fn () => Response::html('<p>nothing</p>'))
        ->get('/json', fn () => ['sum' => Highper\dump(42)])
        ->get('/inner', function () { Highper\await([Highper\async(fn () => Highper\dump('inner'))]); return Response::html('<body></body>'); })
        ->get('/thrown', function () { Highper\dump('before it'); throw new LogicException('after it'); })
        ->get('/dd', function () { Highper\dd('the end', 7); })
        ->get('/stream', fn () => Response::stream((function () { yield 'a'; Highper\dump('streaming'); yield 'b'; })()))
        ->run([$argv[0], '--workers', '1']));
    PHP;
$server = Server::start($script, environment: ['APP_ENV' => 'dev']);
$answer = $server->get('/page');
check('on the page', preg_match('~<h1>Hello</h1>\s*<aside.*server-1-\d+\.php:6</summary>.*Evil \{#\d+.*</aside>\s*</body></html>$~s', $answer->body), 1);
check('as text', [str_contains($answer->body, '<script>'), str_contains($answer->body, '&lt;script&gt;')], [false, true]);
check('length', (int) $answer->header('Content-Length'), strlen($answer->body));
check('another page', $server->get('/plain')->body, '<p>nothing</p>');
check('JSON stays', $server->get('/json')->body, '{"sum":42}');
check('so it is in the log', (bool) preg_match('~dump at server-1-\d+.php:8\\\\n42~', $server->waitForLog('\n42')));
check('of a coroutine of the request', str_contains($server->get('/inner')->body, '&quot;inner&quot;') || str_contains($server->get('/inner')->body, '"inner"'));
$answer = $server->get('/thrown', ['Accept' => 'text/html']);
check('beside what was thrown', [$answer->status, str_contains($answer->body, 'before it'), str_contains($answer->body, 'after it')], [500, true, true]);
$answer = $server->get('/dd', ['Accept' => 'text/html']);
check('dd', [$answer->status, str_contains($answer->body, 'the end'), preg_match('~dump\(\) at server-1-\d+\.php:11~', $answer->body)], [500, true, 1]);
check('dd as JSON', preg_match('~:11\n"the end"\n7$~', $server->get('/dd')->json()['dumps'][0]), 1);
check('a stream', [$server->get('/stream')->body, (bool) $server->waitForLog('streaming')], ['ab', true]);
check('end', $server->stop(), 0);

$server = Server::start($script);
check('in production the page stays', $server->get('/page')->body, '<html><body><h1>Hello</h1></body></html>');
check('and the log has it', (bool) $server->waitForLog('Evil {#'));
$answer = $server->get('/dd', ['Accept' => 'text/html']);
check('dd shows nothing', [$answer->status, str_contains($answer->body, 'the end'), (bool) $server->waitForLog('the end')], [500, false, true]);
check('end', $server->stop(), 0);
?>
--EXPECTF--
%sdump.phpt.php:12
Node {#%d
  +next: Node {#%d
    +next: Node {#%d …again}
    #list: array:5 [
      0 => 1
      1 => "two"
      2 => null
      3 => 1.5
      4 => true
    ]
    -secret: "a \"b\"
"
  }
  #list: array:5 [
    0 => 1
    1 => "two"
    2 => null
    3 => 1.5
    4 => true
  ]
  -secret: "a \"b\"
"
}
Suit::Hearts
"%s"… 10 bytes more
ok: gives back the first
%sdump.phpt.php:17
array:1 [
  0 => array:1 [
    0 => array:1 [
      0 => array:1 [
        0 => array:1 [
          0 => array:1 [
            0 => array:1 [
              0 => array:1 [
                0 => array:1 …
              ]
            ]
          ]
        ]
      ]
    ]
  ]
]
array:2 [
%A
array:150 [
%A
  … 50 more
]
"bad %s utf-8"
NaN
Closure {#%d} %sdump.phpt.php:17
DateTimeImmutable {#%d} 2026-01-02 03:04:05.000000 UTC
%sdump.phpt.php:18
ok: on the page
ok: as text
ok: length
ok: another page
ok: JSON stays
ok: so it is in the log
ok: of a coroutine of the request
ok: beside what was thrown
ok: dd
ok: dd as JSON
ok: a stream
ok: end
ok: in production the page stays
ok: and the log has it
ok: dd shows nothing
ok: end
