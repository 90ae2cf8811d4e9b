<?php

declare(strict_types=1);

namespace Notes;

use Highper\Attribute\Job;

/** A small picture by which a text is known again: the same words, the same picture. */
#[Job(retries: 1, timeout: 5.0)]
final readonly class Picture
{
    private const CELLS = 8;
    private const CELL = 8;

    private string $hash;

    public function __construct(string $text)
    {
        $this->hash = hash('sha256', $text, true);
    }

    /** As PNG: 64 × 64, one colour on transparent ground, its right half the mirrored left one. */
    public function handle(): string
    {
        $colour = substr($this->hash, 0, 3);
        $rows = '';
        for ($y = 0; $y < self::CELLS; $y++) {
            $row = '';
            for ($x = 0; $x < self::CELLS; $x++) {
                $bit = $y * self::CELLS / 2 + min($x, self::CELLS - 1 - $x);
                $isSet = (ord($this->hash[3 + intdiv($bit, 8)]) >> $bit % 8 & 1) === 1;
                $row .= str_repeat($colour . ($isSet ? "\xff" : "\x00"), self::CELL);
            }
            $rows .= str_repeat("\0" . $row, self::CELL);
        }
        $size = self::CELLS * self::CELL;

        return "\x89PNG\r\n\x1a\n"
            . self::chunk('IHDR', pack('NNC5', $size, $size, 8, 6, 0, 0, 0))
            . self::chunk('IDAT', gzcompress($rows))
            . self::chunk('IEND', '');
    }

    private static function chunk(string $type, string $data): string
    {
        return pack('N', strlen($data)) . $type . $data . pack('N', crc32($type . $data));
    }
}
