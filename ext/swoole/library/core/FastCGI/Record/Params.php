<?php

declare(strict_types=1);

namespace Swoole\FastCGI\Record;

use Swoole\FastCGI;
use Swoole\FastCGI\Record;

/**
 * Names and values, each pair with the lengths of both before it: a byte below 128, or four with the highest bit set.
 */
class Params extends Record
{
    protected array $values = [];

    public function __construct(array $values)
    {
        $this->type = FastCGI::PARAMS;
        $this->values = $values;
        $this->setContentData($this->packPayload());
    }

    public function getValues(): array
    {
        return $this->values;
    }

    protected static function unpackPayload(Record $self, string $binaryData): void
    {
        \assert($self instanceof self);
        $self->values = [];
        $end = $self->getContentLength();
        for ($at = 0; $at < $end;) {
            $name = self::unpackLength($binaryData, $at);
            $value = self::unpackLength($binaryData, $at);
            if ($at + $name + $value > $end) {
                throw new \RuntimeException('Can not unpack data from the binary buffer');
            }
            $self->values[\substr($binaryData, $at, $name)] = \substr($binaryData, $at + $name, $value);
            $at += $name + $value;
        }
    }

    /** Values that are null are left out. */
    protected function packPayload(): string
    {
        $payload = '';
        foreach ($this->values as $name => $value) {
            if ($value !== null) {
                $name = (string) $name;
                $value = (string) $value;
                $payload .= self::packLength(\strlen($name)) . self::packLength(\strlen($value)) . $name . $value;
            }
        }
        return $payload;
    }

    private static function packLength(int $length): string
    {
        return $length > 127 ? \pack('N', $length | 0x80000000) : \chr($length);
    }

    private static function unpackLength(string $bytes, int &$at): int
    {
        $first = \ord($bytes[$at] ?? throw new \RuntimeException('Can not unpack data from the binary buffer'));
        if ($first < 128) {
            ++$at;
            return $first;
        }
        if (\strlen($bytes) < $at + 4) {
            throw new \RuntimeException('Can not unpack data from the binary buffer');
        }
        $length = \unpack('N', $bytes, $at)[1] & 0x7FFFFFFF;
        $at += 4;
        return $length;
    }
}
