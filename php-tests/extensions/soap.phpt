--TEST--
SoapClient and SoapServer in coroutines: each its own classes and encodings, waits at once, time-outs
--EXTENSIONS--
highper
xml
--CONFLICTS--
all
--TIMEOUT--
60
--INI--
extension=soap
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Services::lacks('soap'); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use HighperTest\{Proof, Server};

$wsdl = HighperTest\temp_path('echo.wsdl');
file_put_contents($wsdl, <<<'XML'
    <definitions name="Echo" targetNamespace="urn:echo" xmlns:tns="urn:echo" xmlns:xsd="http://www.w3.org/2001/XMLSchema"
      xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns="http://schemas.xmlsoap.org/wsdl/">
      <types><xsd:schema targetNamespace="urn:echo">
        <xsd:complexType name="Thing"><xsd:sequence><xsd:element name="number" type="xsd:int"/><xsd:element name="word" type="xsd:string"/></xsd:sequence></xsd:complexType>
      </xsd:schema></types>
      <message name="in"><part name="thing" type="tns:Thing"/></message>
      <message name="out"><part name="return" type="tns:Thing"/></message>
      <portType name="Port"><operation name="echo"><input message="tns:in"/><output message="tns:out"/></operation></portType>
      <binding name="Binding" type="tns:Port">
        <soap:binding style="rpc" transport="http://schemas.xmlsoap.org/soap/http"/>
        <operation name="echo"><soap:operation soapAction="urn:echo"/>
          <input><soap:body use="encoded" namespace="urn:echo" encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"/></input>
          <output><soap:body use="encoded" namespace="urn:echo" encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"/></output>
        </operation>
      </binding>
      <service name="Service"><port name="Port" binding="tns:Binding"><soap:address location="http://127.0.0.1/"/></port></service>
    </definitions>
    XML);
// It waits inside SoapServer::handle(), with another class for each second request.
$server = Server::start(<<<'PHP'
    <?php
    class A { public $number, $word; }
    class B extends A { }
    $http = new Swoole\Http\Server('127.0.0.1', (int) $argv[1]);
    $http->set(['worker_num' => 1, 'log_level' => SWOOLE_LOG_WARNING]);
    $http->on('request', function ($request, $response) use ($argv) {
        static $n = 0;
        $class = ++$n % 2 ? A::class : B::class;
        $server = new SoapServer($argv[2], ['classmap' => ['Thing' => $class], 'cache_wsdl' => WSDL_CACHE_MEMORY]);
        $server->setObject(new class($class) {
            public function __construct(private string $class) { }
            public function echo($thing) {
                usleep(100_000);
                if (get_class($thing) !== $this->class) { return new SoapFault('Server', 'a ' . get_class($thing)); }
                return $thing;
            }
        });
        ob_start();
        $server->handle($request->getContent());
        $response->header('Content-Type', 'text/xml');
        $response->end(ob_get_clean());
    });
    $http->start();
    PHP, [$wsdl], ['extension' => 'soap']);
class Even { public $number, $word; }
class Odd extends Even { }
$number = 0;
$connect = static function (array $more = []) use ($server, $wsdl, &$number): SoapClient {
    return new SoapClient($wsdl, $more + ['location' => "http://127.0.0.1:{$server->port}/", 'classmap' => ['Thing' => $number++ % 2 ? Odd::class : Even::class], 'keep_alive' => true, 'cache_wsdl' => WSDL_CACHE_MEMORY]);
};
$call = static function (SoapClient $client, int $i): int|string {
    $class = $i % 2 ? Odd::class : Even::class;
    $thing = new $class;
    $thing->number = $i;
    $thing->word = str_repeat('w', $i);
    $got = $client->echo($thing);
    return get_class($got) === $class && $got->word === $thing->word ? $got->number : get_class($got) . ' for ' . $class;
};
Proof::interleaved('classes', $connect, $call);
$number = 0;
Proof::interleaved('encodings', static function () use ($connect, &$number) { return $connect(['encoding' => $number % 2 ? 'ISO-8859-15' : 'UTF-8']); }, static function (SoapClient $client, int $i) {
    $thing = new Even;
    [$thing->number, $thing->word] = [$i, $i % 2 ? "\xa4" : "\u{20ac}"];
    return $client->__soapCall('echo', [$thing])->word === $thing->word ? $i : 'another encoding';
});
Proof::interleaved('faults', $connect, static function (SoapClient $client, int $i) {
    try { $client->none(); } catch (SoapFault $fault) { return str_contains($fault->getMessage(), 'not a valid method') ? $i : $fault->getMessage(); }
}, 1);
$number = 0;
Proof::atOnce('soap', $connect, static fn (SoapClient $client, int $i) => $call($client, $i) === $i ?: throw new Exception('another'));
ini_set('default_socket_timeout', '1');
Proof::timesOut('default_socket_timeout', static function (string $host, int $port) use ($wsdl) {
    try { (new SoapClient($wsdl, ['location' => "http://{$host}:{$port}/"]))->echo(new Even); } catch (SoapFault $fault) { return str_contains($fault->getMessage(), 'Error Fetching http headers') ?: $fault->getMessage(); }
});
?>
--EXPECT--
ok: classes: each its own answer
ok: classes: at the same time
ok: encodings: each its own answer
ok: encodings: at the same time
ok: faults: each its own answer
ok: faults: at the same time
ok: soap: 200 without a mistake
ok: soap: 200 × 0.1 s at once
ok: default_socket_timeout: gives up
ok: default_socket_timeout: in time
ok: default_socket_timeout: others run meanwhile
