--TEST--
Requests and responses that serve again: what a handler keeps is never another request's
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\{HttpClient, Server};

$server = Server::start(<<<'PHP'
    <?php
    final class Kept { static array $requests = [], $arrays = []; static ?WeakReference $weak = null; static ?WeakMap $map = null; static mixed $reference = null; }
    $http = new Swoole\Http\Server('127.0.0.1', (int) $argv[1]);
    $http->set(['worker_num' => 1, 'log_file' => '/dev/null']);
    $http->on('request', function ($q, $r) {
        $path = $q->server['path_info'];
        $mark = $q->mark ?? 'clean';
        $touched = $r->header === null && $q->post === null ? 'new' : 'used';
        switch ($path) {
            case '/keep': Kept::$requests[] = $q; break;
            case '/array': Kept::$arrays[] = [$q->server, $q->header, $q->get]; break;
            case '/reference': Kept::$reference = &$q->get; break;
            case '/weak':
                $mark .= Kept::$weak?->get() === null ? ' gone' : ' alive';
                Kept::$weak = WeakReference::create($q);
                Kept::$map ??= new WeakMap;
                $mark .= count(Kept::$map);
                Kept::$map[$q] = 1;
                break;
            case '/mark': @$q->mark = 'dirty'; $q->get['nested'] = new ArrayObject(['x']); $q->post = ['a' => [1]]; break;
            case '/dress': $r->header('X-Dress', 'on'); $r->status(201); break;
            case '/late': Swoole\Coroutine::sleep(0.05); $mark = $q->get['n']; break;
            case '/throw': throw new Exception('thrown');
            case '/forget': return;
            case '/kept':
                $mark = json_encode([array_map(fn ($k) => $k->server['path_info'] . '?' . $k->get['n'], Kept::$requests),
                    array_map(fn ($k) => $k[2]['n'] . $k[1]['x-n'] . $k[0]['query_string'], Kept::$arrays), Kept::$reference['n'] ?? null]);
        }
        $r->end("$mark $touched {$q->fd}");
    });
    $http->start();
    PHP);
$client = new HttpClient($server->port);
$get = fn (string $path, int $n) => $client->request('GET', "$path?n=$n", '', ['X-N' => (string) $n, 'Connection' => 'keep-alive']);
$first = explode(' ', $get('/plain', 0)->body);
for ($n = 1; $n <= 3; $n++) {
    foreach (['/keep', '/array', '/mark', '/dress', '/plain'] as $path) {
        $answer = $get($path, $n);
        check("$path $n is as new", array_slice(explode(' ', $answer->body), 0, 2), ['clean', 'new']);
        check("$path $n is dressed by itself", $answer->header('X-Dress') ?? 'off', $path === '/dress' ? 'on' : 'off');
        check("$path $n has its own status", $answer->status, $path === '/dress' ? 201 : 200);
    }
}
$get('/reference', 7);
check('a weak reference does not outlive its request', [str_starts_with($get('/weak', 1)->body, 'clean gone0'), str_starts_with($get('/weak', 2)->body, 'clean gone0')], [true, true]);
check('a handler that throws owes a 500', $get('/throw', 1)->status, 500);
check('a handler that forgets to answer owes one', $get('/forget', 1)->status, 500);
check('the next is as new', $get('/plain', 9)->status, 200);
$kept = explode(' ', $get('/kept', 8)->body)[0];
check('what was kept is what it was', json_decode($kept), [['/keep?1', '/keep?2', '/keep?3'], ['11n=1', '22n=2', '33n=3'], '7']);
$late = [];
foreach (range(1, 20) as $n) {
    $late[$n] = new HttpClient($server->port);
    $late[$n]->send('GET', "/late?n=$n");
}
foreach ($late as $n => $one) {
    check("late $n", explode(' ', $one->receive()->body)[0], (string) $n);
}
$server->stop();
?>
--EXPECT--
ok: /keep 1 is as new
ok: /keep 1 is dressed by itself
ok: /keep 1 has its own status
ok: /array 1 is as new
ok: /array 1 is dressed by itself
ok: /array 1 has its own status
ok: /mark 1 is as new
ok: /mark 1 is dressed by itself
ok: /mark 1 has its own status
ok: /dress 1 is as new
ok: /dress 1 is dressed by itself
ok: /dress 1 has its own status
ok: /plain 1 is as new
ok: /plain 1 is dressed by itself
ok: /plain 1 has its own status
ok: /keep 2 is as new
ok: /keep 2 is dressed by itself
ok: /keep 2 has its own status
ok: /array 2 is as new
ok: /array 2 is dressed by itself
ok: /array 2 has its own status
ok: /mark 2 is as new
ok: /mark 2 is dressed by itself
ok: /mark 2 has its own status
ok: /dress 2 is as new
ok: /dress 2 is dressed by itself
ok: /dress 2 has its own status
ok: /plain 2 is as new
ok: /plain 2 is dressed by itself
ok: /plain 2 has its own status
ok: /keep 3 is as new
ok: /keep 3 is dressed by itself
ok: /keep 3 has its own status
ok: /array 3 is as new
ok: /array 3 is dressed by itself
ok: /array 3 has its own status
ok: /mark 3 is as new
ok: /mark 3 is dressed by itself
ok: /mark 3 has its own status
ok: /dress 3 is as new
ok: /dress 3 is dressed by itself
ok: /dress 3 has its own status
ok: /plain 3 is as new
ok: /plain 3 is dressed by itself
ok: /plain 3 has its own status
ok: a weak reference does not outlive its request
ok: a handler that throws owes a 500
ok: a handler that forgets to answer owes one
ok: the next is as new
ok: what was kept is what it was
ok: late 1
ok: late 2
ok: late 3
ok: late 4
ok: late 5
ok: late 6
ok: late 7
ok: late 8
ok: late 9
ok: late 10
ok: late 11
ok: late 12
ok: late 13
ok: late 14
ok: late 15
ok: late 16
ok: late 17
ok: late 18
ok: late 19
ok: late 20
