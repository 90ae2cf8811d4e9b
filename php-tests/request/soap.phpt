--TEST--
ext/soap: a SoapServer answers as under php-fpm, its faults end the request alone, and calls at once keep apart what they have in globals
--SKIPIF--
<?php if (!extension_loaded('soap') && !is_file(ini_get('extension_dir') . '/soap.so')) die('skip there is no ext/soap'); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\Server;

/* Debian has it switched off where it was installed alone. */
$ini = extension_loaded('soap') ? [] : ['extension' => 'soap'];
$server = Server::start(<<<'PHP'
    <?php
    class Service {
        public function echo($text) { usleep(random_int(0, 3000)); return $text; }
        public function typed($kind) { usleep(random_int(0, 3000)); return new SoapVar(['kind' => $kind], SOAP_ENC_OBJECT, 'T', 'urn:x'); }
        public function refuses() { usleep(1000); throw new SoapFault('Client', 'no'); }
        public function breaks() { global $soap; $soap->fault('Mine', 'broken'); }
    }
    $http = new Swoole\Http\Server('127.0.0.1', (int) $argv[1]);
    $http->set(['worker_num' => 1]);
    $http->on('request', function ($request, $response) {
        global $soap;
        if ($request->server['path_info'] === '/pid') { $response->end((string) getmypid()); return; }
        $soap = new SoapServer(null, ['uri' => 'urn:x']);
        $soap->setClass('Service');
        $soap->handle();
    });
    $http->start();
    PHP, ini: $ini + ['highper.superglobals' => 'request', 'display_errors' => '0']);
$client = <<<'PHP'
    <?php
    $at = "http://127.0.0.1:{$argv[1]}/";
    Swoole\Coroutine\run(function () use ($at) {
        $plain = new SoapClient(null, ['location' => $at, 'uri' => 'urn:x']);
        echo $plain->echo('x'), "\n";
        foreach (['refuses', 'breaks', 'missing'] as $name) {
            try { $plain->$name(); } catch (SoapFault $e) { echo $e->faultcode, ': ', $e->getMessage(), "\n"; }
        }
        $good = 0;
        $ids = [];
        for ($i = 0; $i < 60; $i++) {
            $ids[] = go(function () use ($i, $at, &$good) {
                $one = $i % 2 === 0;
                $client = new SoapClient(null, ['location' => $at, 'uri' => 'urn:x', 'encoding' => $one ? 'ISO-8859-1' : 'UTF-8', 'typemap' => [['type_ns' => 'urn:x', 'type_name' => 'T', 'from_xml' => fn ($xml) => ($one ? 'one' : 'two') . strip_tags($xml)]]]);
                $text = $one ? "caf\xe9 {$i}" : "caf\u{e9} {$i}";
                $typed = $client->typed($i);
                $good += $client->echo($text) === $text && $typed === ($one ? 'one' : 'two') . $i ? 1 : 0;
                try { $client->refuses(); } catch (SoapFault $e) { $good += $e->getMessage() === 'no' ? 1 : 0; }
            });
        }
        Co::join($ids);
        echo "{$good} of 120\n";
        $warned = null;
        set_error_handler(function ($level, $text) use (&$warned) { $warned = $text; return true; });
        $waits = go(fn () => $plain->echo('y'));
        trigger_error('mine', E_USER_WARNING);
        echo "{$warned}\n";
        Co::join([$waits]);
        try { (new SoapServer(null, ['uri' => 'urn:x']))->fault('A', 'b'); } catch (Swoole\ExitException) { echo "ended\n"; }
    });
    PHP;
file_put_contents($file = HighperTest\temp_path('client.php'), $client);
$pid = $server->get('/pid')->body;
$arguments = $ini ? '-d extension=soap ' : '';
echo shell_exec(escapeshellarg(getenv('TEST_PHP_EXECUTABLE') ?: PHP_BINARY) . " {$arguments}" . escapeshellarg($file) . " {$server->port} 2>&1");
check('the same worker', $server->get('/pid')->body, $pid);
check('stop', $server->stop(), 0);
?>
--EXPECTF--
x
SOAP-ENV:Client: no
Mine: broken
SOAP-ENV:Server: Function 'missing' doesn't exist
120 of 120
mine
<?xml version="1.0" encoding="UTF-8"?>
<SOAP-ENV:Envelope %sA</faultcode>%s
ended
ok: the same worker
ok: stop
