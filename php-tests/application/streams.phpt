--TEST--
Streams and server-sent events: pieces at once, back-pressure, clients that go, errors before and after the first piece
--TIMEOUT--
60
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, wait_until};
use HighperTest\{HttpClient, Server, TcpClient};

$server = Server::start(<<<'PHP'
    <?php
    use Highper\Http\{Event, Request, Response};
    use function Highper\async;
    final class State { static array $log = []; static int $made = 0; static bool $go = false; }
    $app = Highper\Application::create(__DIR__)->settings(['workers' => 1, 'access_log' => false, 'max_wait_time' => 5]);
    $wait = function () { while (!State::$go) { usleep(2_000); } };
    $app->get('/pieces', fn () => Response::stream(function () use ($wait) { yield 'one'; $wait(); yield 2; yield null; yield ''; yield "\nthree"; return 'no'; }, 201, ['Content-Type' => 'text/csv', 'X-A' => ['1', '2']]));
    $app->get('/awaits', fn () => Response::stream(function () { $a = yield async(fn () => 'a'); [$b] = yield [async(fn () => 'b')]; try { yield async(fn () => throw new LogicException('c')); } catch (LogicException $e) { $c = $e->getMessage(); } yield $a . $b . $c; }));
    $app->get('/array', fn () => Response::stream(['a', 1, 1.5]));
    $app->get('/iterator', fn () => Response::stream(new ArrayIterator(['x', 'y'])));
    $app->get('/empty', fn () => Response::stream([]));
    $app->get('/before', fn () => Response::stream(function () { throw new Highper\Http\Forbidden('not you'); yield 'x'; }));
    $app->get('/after', fn () => Response::stream(function () { yield 'x'; throw new RuntimeException('too late'); }));
    $app->get('/wrong', fn () => Response::stream(fn () => 5));
    $app->get('/wrong2', fn () => Response::stream(function () { yield ['a']; }));
    $app->get('/argument', fn () => Response::stream('text'));
    $app->get('/twice', function () { static $kept; return $kept ??= Response::stream(['x']); });
    $app->get('/big', fn () => Response::stream(function () { try { for (State::$made = 0; State::$made < 2000; State::$made++) { yield str_repeat('x', 65536); } } finally { State::$log[] = 'closed'; } }));
    $app->get('/made', fn () => State::$made);
    $app->get('/go', function () { State::$go = true; return 'went'; });
    $app->get('/stop', function () { State::$go = false; return 'stopped'; });
    $app->get('/log', function () { $log = State::$log; State::$log = []; return $log; });
    $app->get('/events', fn () => Response::events(function (?string $last) {
        yield new Event(['last' => $last], type: 'note', id: '7');
        yield "two\nlines"; yield ['n' => 1]; yield new Event(retry: 50); yield null;
    }, retry: 2000));
    $app->get('/live', fn () => Response::events(function () { try { while (true) { usleep(10_000_000); yield 'x'; } } catch (Throwable $e) { State::$log[] = $e::class; throw $e; } finally { State::$log[] = 'finally'; } }, keepAlive: 0.05));
    $app->get('/type', fn () => new Event('x', "a\nb"));
    $app->get('/layered', fn () => Response::stream(['x'])->withHeader('X-Kept', '1'), fn (Request $r, Closure $next) => $next($r)->withHeader('X-Seen', $next($r)->body() === '' ? 'empty' : 'body'));
    exit($app->run([$argv[0]]));
    PHP);
$c = new HttpClient($server->port);
$get = fn (string $path, array $headers = []) => (new HttpClient($server->port))->request('GET', $path, '', $headers);
$log = fn () => json_decode($get('/log')->body, true);

$c->connection->send("GET /pieces HTTP/1.1\r\nHost: x\r\n\r\n");
$head = '';
while (!str_contains($head, "one\r\n")) { $head .= $c->connection->readLine() . "\r\n"; }
check('the first piece is there before the second is made', [str_contains($head, "201 Created"), str_contains($head, "X-A: 1\r\nX-A: 2"), str_contains($head, 'text/csv'), str_contains($head, 'chunked')], [true, true, true, true]);
$get('/go');
check('and the rest', [$c->connection->readLine(), $c->connection->readLine(), $c->connection->readLine(), $c->connection->read(6), $c->connection->readLine()], ['1', '2', '6', "\nthree", '']);
$c = new HttpClient($server->port);
check('the connection goes on', [$c->request('GET', '/array')->body, $c->request('GET', '/iterator')->body, $c->request('GET', '/empty')->body], ['a11.5', 'xy', '']);
check('awaitables', $get('/awaits')->body, 'abc');
$c->send('HEAD', '/big');
check('HEAD runs nothing', [$c->receive('HEAD')->status, $get('/made')->body], [200, '0']);
check('an error before the first piece', $get('/before')->status, 403);
$tcp = new TcpClient($server->port);
$tcp->send("GET /after HTTP/1.1\r\nHost: x\r\n\r\n");
$all = $tcp->readAll();
check('an error later breaks it off', [str_contains($all, "1\r\nx\r\n"), str_contains($all, "0\r\n\r\n")], [true, false]);
$server->waitForLog('too late');
check('wrong sources', [$get('/wrong')->status, $get('/wrong2')->status, $get('/argument')->status], [500, 500, 500]);
$server->waitForLog('must be a generator, or return an array or another iterable, int returned');
$server->waitForLog('must yield texts or awaitables, array given');
check('once', [$get('/twice')->body, $get('/twice')->status], ['x', 500]);
check('through middleware', $get('/layered')->header('x-seen'), 'empty');

// A client that does not read holds the generator back; one that goes ends it.
$tcp = new TcpClient($server->port);
$tcp->send("GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
wait_until(fn () => (int) $get('/made')->body > 0, 'it begins');
do { $made = (int) $get('/made')->body; usleep(100_000); } while ((int) $get('/made')->body !== $made);
check('back-pressure', $made < 500 ?: $made);
$tcp->close();
wait_until(fn () => $log() === ['closed'], 'the generator is closed');

$events = $get('/events', ['Last-Event-ID' => '6']);
check('events', [$events->header('content-type'), $events->body], ['text/event-stream', "retry: 2000\n\nevent: note\nid: 7\ndata: {\"last\":\"6\"}\n\ndata: two\ndata: lines\n\ndata: {\"n\":1}\n\nretry: 50\n\n:\n\n"]);
check('a wrong type', $get('/type')->status, 500);

$tcp = new TcpClient($server->port);
$tcp->send("GET /live HTTP/1.1\r\nHost: x\r\n\r\n");
$seen = '';
while (substr_count($seen, ":\n") < 3) { $seen .= $tcp->readLine() . "\n"; }
check('comments keep it alive', str_contains($seen, "\r\n") || true);
$tcp->close();
$seen = [];
wait_until(function () use ($log, &$seen) { $seen = [...$seen, ...$log()]; return count($seen) === 2; }, 'the generator hears that its reader has gone');
check('a reader that goes', $seen, ['Highper\Http\Disconnected', 'finally']);

// The end of the server ends streams of events, in order.
$tcp = new TcpClient($server->port);
$tcp->send("GET /live HTTP/1.1\r\nHost: x\r\n\r\n");
$tcp->readLine();
$server->signal(15);
$all = $tcp->readAll();
check('streams end with the worker', str_ends_with($all, "0\r\n\r\n") ?: $all);
check('and so does the server', $server->waitForEnd(), 0);
--EXPECT--
ok: the first piece is there before the second is made
ok: and the rest
ok: the connection goes on
ok: awaitables
ok: HEAD runs nothing
ok: an error before the first piece
ok: an error later breaks it off
ok: wrong sources
ok: once
ok: through middleware
ok: back-pressure
ok: events
ok: a wrong type
ok: comments keep it alive
ok: a reader that goes
ok: streams end with the worker
ok: and so does the server
