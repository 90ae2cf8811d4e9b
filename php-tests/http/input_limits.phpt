--TEST--
max_input_vars and max_input_nesting_level hold for queries, forms and cookies; PHP's warning says so
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\Server;

$server = Server::start(<<<'PHP'
    <?php
    $server = new Swoole\Http\Server('127.0.0.1', (int) $argv[1]);
    $server->set(['worker_num' => 1]);
    $server->on('request', function ($request, $response) {
        $heard = [];
        set_error_handler(function (int $level, string $text) use (&$heard, $request) {
            Swoole\Coroutine::sleep(0.001);
            $heard[] = [$level === E_WARNING, $text];
            if (isset($request->get['throw'])) {
                throw new ErrorException($text);
            }
        });
        $read = [$request->get, $request->post, $request->cookie];
        Swoole\Coroutine::sleep(0.05);
        $response->end(json_encode([$read, $heard]));
    });
    $server->start();
    PHP, ini: ['max_input_vars' => '3', 'max_input_nesting_level' => '2', 'display_errors' => '0', 'log_errors' => '0']);
$ask = fn (string $query, string $body = '', string $cookies = '') => json_decode($server->request('POST', "/?{$query}", $body,
    ['Content-Type' => 'application/x-www-form-urlencoded'] + ($cookies === '' ? [] : ['Cookie' => $cookies]))->body, true);
$three = ['a' => '1', 'b' => '2', 'c' => '3'];
$warning = [true, 'Input variables exceeded 3. To increase the limit change max_input_vars in php.ini.'];
check('as many as may be', $ask('a=1&b=2&c=3', 'a=1&b=2&c=3', 'a=1; b=2; c=3'), [[$three, $three, $three], []]);
check('one more in a query', $ask('a=1&b=2&c=3&d=4'), [[$three, null, null], [$warning]]);
check('one more everywhere', $ask('a=1&b=2&c=3&d=4', 'a=1&b=2&c=3&d=4', 'a=1; b=2; c=3; d=4'), [[$three, $three, $three], [$warning, $warning, $warning]]);
check('nesting', $ask('a[x][y]=1&b[x][y][z]=2'), [[['a' => ['x' => ['y' => '1']]], null, null], []]);
check('a handler that throws', $ask('throw=1&b=2&c=3&d=4')[0][0], ['throw' => '1', 'b' => '2', 'c' => '3']);
check('exit code', $server->stop(), 0);
--EXPECT--
ok: as many as may be
ok: one more in a query
ok: one more everywhere
ok: nesting
ok: a handler that throws
ok: exit code
